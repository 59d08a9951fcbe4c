/** The parts of the snapshot as objects, and as they are held in memory for the next list. */
import { type DirectoryPart, decodePart } from './directory-part.ts';
import type { BucketObjects } from './objects.ts';

/** Where the parts are kept. */
export type DirectoryObjects = Pick<BucketObjects, 'read' | 'write' | 'delete'>;

/** The key of a part: objects are never changed, so a name stands for its content. */
export function partKey(organization: string, name: string): string {
  return `${organization}/${name}`;
}

/** How much of parts a process holds, in bytes: the directories of three million members or so. */
const heldBytesMax = 512 * 1024 * 1024;

/** Parts that were read, the one used longest ago first. */
export class PartCache {
  readonly #held = new Map<string, Promise<DirectoryPart>>();
  readonly #bytesMax: number;
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  constructor(bytesMax: number = heldBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** The part of that key. @throws MusterError `not_found` if its object is gone, `corrupt_item` */
  async part(objects: DirectoryObjects, key: string): Promise<DirectoryPart> {
    const reading = this.#held.get(key) ?? objects.read(key).then(decodePart);
    this.#held.delete(key);
    this.#held.set(key, reading);
    try {
      const part = await reading;
      this.#count(key, part);
      return part;
    } catch (error) {
      this.#held.delete(key);
      throw error;
    }
  }

  #count(key: string, { bytes }: DirectoryPart): void {
    if (!this.#held.has(key) || this.#sizes.has(key)) return;
    this.#sizes.set(key, bytes);
    this.#bytes += bytes;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#held.delete(oldest);
      this.#bytes -= this.#sizes.get(oldest) ?? 0;
      this.#sizes.delete(oldest);
    }
  }
}
