/** A failure that the person at the terminal can mend: `message` is one sentence with the cure. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The exit codes of every command; `import` adds 3 for a plan that waits. */
export const exitCodes = { complete: 0, error: 1, usage: 2, waits: 3 } as const;

/**
 * Runs a command to its exit code. What fails is told on stderr in one sentence; the stack of an unexpected error
 * shows with `DEBUG=muster`.
 */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    if (process.env.DEBUG === 'muster' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = error instanceof CommandFailure ? error.exitCode : exitCodes.error;
  }
}

/** What went wrong, in one line, with the system's own reason where there is one (a refused connection, say). */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return `Something failed: ${String(error)}`;
  const reason = error.cause instanceof Error && error.message === 'fetch failed' ? error.cause.message : '';
  return reason === '' ? error.message || error.name : `The connection failed: ${reason}`;
}
