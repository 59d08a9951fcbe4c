import { type Command, InvalidArgumentError } from 'commander';
import { exitCodes } from './failure.ts';

/** Makes a wrong flag exit with the code for usage and `--help` with 0. */
export function withUsageExit(command: Command): Command {
  return command.showHelpAfterError('(--help shows the options)').exitOverride((exit) => {
    process.exit(exit.exitCode === 0 ? exitCodes.complete : exitCodes.usage);
  });
}

/** A parser of whole numbers within bounds, for `option()`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}
