/** `npm run audit`: verifies an organization's audit trail, or writes it to a file. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { stringify } from 'csv-stringify';
import * as api from 'roster/domain/api';
import { type AuditEntry, verifyChain } from 'roster/domain/audit';
import { auditColumns, auditCsv, auditRecord } from 'roster/domain/audit-records';
import type { MusterClient } from './client.ts';
import { exitCodes, runCommand } from './failure.ts';
import { withUsageExit } from './options.ts';
import { type SignInOptions, signedIn, withSignInOptions } from './sign-in.ts';

interface VerifyOptions extends SignInOptions {
  fromHash?: string;
}

const program = withUsageExit(new Command('npm run audit --')).description(
  'Verify or export the audit trail of an organization.',
);
withSignInOptions(withUsageExit(program.command('verify')))
  .description('Read the whole chain and find an entry that was deleted, edited, inserted or moved.')
  .option('--from-hash <hash>', 'the last hash of an earlier run, which the chain must still hold')
  .addHelpText('after', '\nExit codes: 0 unbroken, 1 broken or failed, 2 wrong usage.')
  .action((options: VerifyOptions) => runCommand(() => verify(options)));
withSignInOptions(withUsageExit(program.command('export')))
  .description('Write all entries, oldest first, to a CSV file that spreadsheets may open.')
  .argument('<file>', 'the CSV file to write')
  .action((file: string, options: SignInOptions) => runCommand(() => exportTo(file, options)));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const say = (line: string) => process.stdout.write(`${line}\n`);

async function verify({ fromHash: anchor, ...options }: VerifyOptions): Promise<number> {
  const { client, organization } = await signedIn(options);
  // The head is read first: what is appended meanwhile comes after it.
  const { head } = api.AuditList.parse(
    await client.call('GET', pathOf(client, organization), { query: { limit: 1 } }),
  );
  const verdict = await verifyChain(entriesOf(client, organization), sha256, { head, anchor });
  if (!verdict.unbroken) {
    say(`BROKEN at entry ${verdict.sequence} (${verdict.fault}): ${verdict.message}`);
    return exitCodes.error;
  }
  say(`${verdict.entries} entries, unbroken, last hash ${verdict.head?.hash ?? 'none'}`);
  return exitCodes.complete;
}

async function exportTo(file: string, options: SignInOptions): Promise<number> {
  const { client, organization } = await signedIn(options);
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  let rows = 0;
  async function* records() {
    for await (const entry of entriesOf(client, organization)) {
      rows += 1;
      yield auditRecord(entry);
    }
  }
  const csv = stringify({ header: true, columns: [...auditColumns], bom: true, ...auditCsv });
  await pipeline(Readable.from(records()), csv, createWriteStream(path, { mode: 0o600 }));
  say(`${rows} entries written to ${path}`);
  return exitCodes.complete;
}

const pathOf = (client: MusterClient, organization: string) => `${client.in(organization)}/audit`;

function entriesOf(client: MusterClient, organization: string): AsyncIterable<AuditEntry> {
  const entries = client.pages(pathOf(client, organization), api.AuditEntry, { sort: 'time' });
  return entries as AsyncIterable<AuditEntry>;
}

await program.parseAsync();
