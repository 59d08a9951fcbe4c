import type { Area } from '../app/area.ts';
import { imports } from './imports/area.ts';
import { jobs } from './jobs/area.ts';
import { mails } from './mails/area.ts';
import { members } from './members/area.ts';

/** All areas, in the order of the list of pages. */
export const areas: readonly Area[] = [members, imports, jobs, mails];
