import { administrators } from './administrators.en.ts';
import { feed } from './feed.en.ts';
import { imports } from './imports.en.ts';
import { invitations } from './invitations.en.ts';
import { jobs } from './jobs.en.ts';
import { mails } from './mails.en.ts';
import { mappings } from './mappings.en.ts';
import { members } from './members.en.ts';
import { organization } from './organization.en.ts';
import { problems } from './problems.en.ts';
import { profile } from './profile.en.ts';
import { shell } from './shell.en.ts';
import { signIn } from './signIn.en.ts';

/** Every text of the console, by area. A new area has two files and a line here and in `fr.ts`. */
export const en = {
  administrators,
  feed,
  imports,
  invitations,
  jobs,
  mails,
  mappings,
  members,
  organization,
  problems,
  profile,
  shell,
  signIn,
};
