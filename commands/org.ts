/** `npm run org`: what an operator does with organizations, on the local system or on AWS. */
import { Command } from 'commander';
import { createOrganization, lambdaOf, type NewOrganization } from './create-organization.ts';
import { exitCodes, runCommand } from './failure.ts';
import { withUsageExit } from './options.ts';
import { defaultStateDirectory, runningCloud } from './running-system.ts';

interface Options {
  name: string;
  owner: string;
  id?: string;
  stage: string;
  aws?: true;
  permanent?: true;
  json?: true;
}

const program = withUsageExit(new Command('npm run org --')).description('Manage organizations.');
const create = program.command('create').description('Make an organization and its first owner.');
withUsageExit(create)
  .requiredOption('--name <name>', 'the name of the organization')
  .requiredOption('--owner <email>', 'the email address of its first owner')
  .option('--id <id>', 'its id: a-z, 0-9 and hyphens (made from the name by default)')
  .option('--permanent', 'make a password that stays, not one for the first sign-in only')
  .option('--aws', 'on AWS, with the default credentials and region; else on the local system that runs')
  .option('--stage <stage>', 'which installation', 'dev')
  .option('--json', 'print {organization, login, password} and nothing else')
  .action((options: Options) => runCommand(() => run(options)));

async function run(options: Options): Promise<number> {
  const connection = options.aws ? {} : lambdaOf(await runningCloud(defaultStateDirectory()));
  const input: NewOrganization = { name: options.name, owner: options.owner };
  if (options.id !== undefined) input.organization = options.id;
  if (options.permanent) input.permanent = true;
  const { organization, login, password } = await createOrganization(input, options.stage, connection);
  const kind = options.permanent ? 'password' : 'one-time password';
  const text = options.json
    ? JSON.stringify({ organization, login, password })
    : `organization       ${organization}\nlogin              ${login}\n${kind.padEnd(18)} ${password}`;
  process.stdout.write(`${text}\n`);
  return exitCodes.complete;
}

await program.parseAsync();
