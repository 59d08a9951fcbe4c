import type { en } from './en.ts';
import { imports } from './imports.fr.ts';
import { jobs } from './jobs.fr.ts';
import { mails } from './mails.fr.ts';
import { members } from './members.fr.ts';
import { problems } from './problems.fr.ts';
import { shell } from './shell.fr.ts';
import { signIn } from './signIn.fr.ts';

export const fr: typeof en = { imports, jobs, mails, members, problems, shell, signIn };
