import { partsMax } from './import.ts';

/** How many members a part of the directory's snapshot has, about: 2 MB in memory, some 500 KB stored. */
const partMembers = 16_384;

/** In how many parts a roster's snapshot is kept: a power of two up to 64. */
export function directoryPartCount(members: number): number {
  let parts = 1;
  while (parts < partsMax && parts * partMembers < members) parts *= 2;
  return parts;
}

/** Whether a snapshot in so many parts still suits a roster: twice too many parts are not worth making all anew. */
export function suitsDirectory(parts: number, members: number): boolean {
  const suited = directoryPartCount(members);
  return suited <= parts && suited * 2 >= parts;
}
