/** `npm run clock`: shows or moves the clock of the system that runs on this machine. */
import { Command } from 'commander';
import * as z from 'zod';
import { CommandFailure, exitCodes, runCommand } from './failure.ts';
import { withUsageExit } from './options.ts';
import { defaultStateDirectory, runningCloud } from './running-system.ts';

const command = withUsageExit(new Command('npm run clock --'))
  .description('Show the clock of the local system, or move it forward to see what time brings.')
  .argument('[span]', 'how far, as +3d, +36h, +90m or +1d12h')
  .option('--reset', 'go back to the time of this machine')
  .addHelpText(
    'after',
    '\nSchedules that became due run at once. Sessions may end: sign in again. What was dated in the future stays so ' +
      'after --reset; `npm start -- --fresh` forgets it.',
  )
  .action((span: string | undefined, options: { reset?: true }) => runCommand(() => run(span, options)));

const Shown = z.object({ now: z.iso.datetime(), offset: z.int() });

async function run(span: string | undefined, { reset }: { reset?: true }): Promise<number> {
  if (span !== undefined && reset) {
    throw new CommandFailure('Give either a span or --reset.', { exitCode: exitCodes.usage });
  }
  const wanted = reset ? { offset: 0 } : span === undefined ? undefined : { move: millisecondsOf(span) };
  const { clockUrl } = await runningCloud(defaultStateDirectory());
  const response = await fetch(clockUrl, wanted && { method: 'PUT', body: JSON.stringify(wanted) });
  if (!response.ok) {
    const { message } = z.object({ message: z.string() }).parse(await response.json());
    throw new CommandFailure(message);
  }
  const { now, offset } = Shown.parse(await response.json());
  const ahead = offset === 0 ? 'the time of this machine' : `${spanText(offset)} ahead of this machine`;
  process.stdout.write(`It is ${now}, ${ahead}.\n`);
  return exitCodes.complete;
}

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };
const unitNames = Object.keys(units) as (keyof typeof units)[];

function millisecondsOf(span: string): number {
  const parts = /^\+(?=\d)(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?$/.exec(span);
  if (parts === null) {
    throw new CommandFailure(`“${span}” is no span: write +3d, +36h, +90m or +1d12h.`, {
      exitCode: exitCodes.usage,
    });
  }
  return unitNames.reduce((sum, unit, index) => sum + Number(parts[index + 1] ?? 0) * units[unit], 0);
}

function spanText(milliseconds: number): string {
  let left = Math.abs(milliseconds);
  const parts = unitNames.flatMap((unit) => {
    const count = Math.floor(left / units[unit]);
    left -= count * units[unit];
    return count > 0 ? [`${count}${unit}`] : [];
  });
  return parts.join(' ') || '0s';
}

await command.parseAsync();
