import { administrators } from './administrators.fr.ts';
import type { en } from './en.ts';
import { feed } from './feed.fr.ts';
import { imports } from './imports.fr.ts';
import { invitations } from './invitations.fr.ts';
import { jobs } from './jobs.fr.ts';
import { mails } from './mails.fr.ts';
import { mappings } from './mappings.fr.ts';
import { members } from './members.fr.ts';
import { organization } from './organization.fr.ts';
import { problems } from './problems.fr.ts';
import { profile } from './profile.fr.ts';
import { shell } from './shell.fr.ts';
import { signIn } from './signIn.fr.ts';

export const fr: typeof en = {
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
