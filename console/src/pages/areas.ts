import type { Area } from '../app/area.ts';
import { administrators } from './administrators/area.ts';
import { feed } from './feed/area.ts';
import { imports } from './imports/area.ts';
import { invitations } from './invitations/area.ts';
import { jobs } from './jobs/area.ts';
import { mails } from './mails/area.ts';
import { mappings } from './mappings/area.ts';
import { members } from './members/area.ts';
import { organization } from './organization/area.ts';
import { profile } from './profile/area.ts';

/** All areas, in the order of the list of pages. */
export const areas: readonly Area[] = [
  members,
  imports,
  mappings,
  feed,
  invitations,
  jobs,
  mails,
  administrators,
  organization,
  profile,
];
