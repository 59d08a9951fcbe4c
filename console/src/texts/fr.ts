import type { en } from './en.ts';
import { mails } from './mails.fr.ts';
import { members } from './members.fr.ts';
import { problems } from './problems.fr.ts';
import { shell } from './shell.fr.ts';
import { signIn } from './signIn.fr.ts';

export const fr: typeof en = { mails, members, problems, shell, signIn };
