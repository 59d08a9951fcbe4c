/** Signing a command in: as somebody named on the command line, or as the owner of the demo. */
import type { Command } from 'commander';
import { ApiError, CodeRequired, MusterClient, NewPasswordRequired } from './client.ts';
import { CommandFailure, exitCodes } from './failure.ts';
import { defaultStateDirectory, readDemo, runningCloud } from './running-system.ts';

/** What {@link withSignInOptions} adds to a command's options. */
export interface SignInOptions {
  org?: string;
  login?: string;
  passwordEnv?: string;
  code?: string;
  url?: string;
}

/** Adds the options that say who signs in, and where. */
export function withSignInOptions(command: Command): Command {
  return command
    .option('--org <id>', 'the organization (the demo by default)')
    .option('--login <login>', 'who signs in (the demo’s owner by default)')
    .option('--password-env <variable>', 'the environment variable that holds the password')
    .option('--code <digits>', 'a code of the authenticator app, for accounts with a second factor')
    .option('--url <url>', 'where the system is (the local one that runs, by default)');
}

/** A session of one person in one organization. */
export interface SignedIn {
  client: MusterClient;
  organization: string;
  url: string;
}

/** @throws CommandFailure if options or password are wrong, or nothing runs there. */
export async function signedIn(options: SignInOptions): Promise<SignedIn> {
  const who = await credentialsOf(options);
  const cloud = options.url === undefined ? await runningCloud(defaultStateDirectory()) : undefined;
  const url = options.url ?? cloud?.url ?? '';
  const client = new MusterClient(options.url ?? cloud?.apiUrl ?? '');
  try {
    await enter(client, who, options.code);
  } catch (cause) {
    throw signInFailure(cause, who, url);
  }
  return { client, organization: who.organization, url };
}

async function enter(
  client: MusterClient,
  who: Parameters<MusterClient['signIn']>[0],
  code: string | undefined,
): Promise<void> {
  try {
    await client.signIn(who);
  } catch (error) {
    if (!(error instanceof CodeRequired) || code === undefined) throw error;
    await client.answerCode(error.session, who, code);
  }
}

function signInFailure(cause: unknown, who: { organization: string; login: string }, url: string): unknown {
  if (cause instanceof NewPasswordRequired) {
    return new CommandFailure(`${cause.message} Sign in once at ${url} to do so.`, { cause });
  }
  if (cause instanceof CodeRequired) return new CommandFailure(`${cause.message} Use --code.`, { cause });
  if (cause instanceof ApiError && cause.code === 'wrong_credentials') {
    const message = `The password of ${who.login} in ${who.organization} is wrong, or there is no such login.`;
    return new CommandFailure(message, { cause });
  }
  if (cause instanceof TypeError)
    return new CommandFailure(`Nothing answers at ${url}: check --url.`, { cause });
  return cause;
}

/** The demo's credentials are for the local system only: they are never sent to a `--url`. */
async function credentialsOf({ org, login, passwordEnv, url }: SignInOptions) {
  if (org !== undefined && login !== undefined && passwordEnv !== undefined) {
    const password = process.env[passwordEnv];
    if (password) return { organization: org, login, password };
    throw new CommandFailure(
      `The environment variable ${passwordEnv} holds no password: set it first.`,
      usage,
    );
  }
  if ([org, login, passwordEnv, url].some((given) => given !== undefined)) {
    throw new CommandFailure('Give --org, --login and --password-env together.', usage);
  }
  const demo = await readDemo(defaultStateDirectory());
  if (demo !== undefined) return demo;
  await runningCloud(defaultStateDirectory());
  throw new CommandFailure(
    'There is no demo here: say who signs in by --org, --login and --password-env.',
    usage,
  );
}

const usage = { exitCode: exitCodes.usage };
