import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileErrorCodes } from 'roster/files/errors';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { all, importFile, newTenant, type Tenant, zipped } from '../support/cloud.ts';
import { describeShared } from '../support/shared.ts';

const cloud = inject('cloud');
let club: Tenant;
let roster: unknown[];

const csv = 'MemberID,FirstName,LastName,Email\n1,Ann,Able,ann@example.org\n2,Bob,Baker,bob@example.org\n';

beforeAll(async () => {
  club = await newTenant(cloud, 'Club');
  const job = await importFile(club, 'club.csv', csv);
  expect(job).toMatchObject({ status: 'complete', counts: { rows: 2, added: 2 } });
  roster = await all(club.client.members(club.organization));
});

/** Imports a file that cannot be used, with the most far-reaching choices, and looks at the roster afterwards. */
async function refused(name: string, bytes: Uint8Array | string) {
  const job = await importFile(club, name, bytes, {
    mode: 'full',
    onRowErrors: 'accept_valid',
    approve: 'auto',
  });
  expect(await all(club.client.members(club.organization))).toEqual(roster);
  expect(job.status).toBe('error');
  // A sentence for people: it begins like one, ends like one, and holds no code of a program.
  expect(job.error?.message).toMatch(/^[A-Z“].{20,}[.?]$/s);
  expect(job.error?.message).not.toMatch(/undefined|\[object|Error:|\bat \/|NaN/);
  return job.error?.code;
}

describe('a file that cannot be used ends as an error with its reason, and the roster is untouched', () => {
  it.each([
    ['nothing', '', 'file_empty'],
    ['a header alone', 'MemberID,FirstName,LastName\n', 'no_rows'],
    ['another table', 'Product,Price\nChair,20\n', 'missing_column'],
    ['a column named twice', 'MemberID,FirstName,LastName,firstname\n1,A,B,C\n', 'duplicate_column'],
    ['an unnamed column in the middle', 'MemberID,,FirstName,LastName\n1,x,A,B\n', 'unnamed_column'],
    [
      'more columns than are read',
      `MemberID,FirstName,LastName${',c'.repeat(1)}${Array.from({ length: 200 }, (_, n) => `,X${n}`).join('')}\n1,A,B\n`,
      'too_many_columns',
    ],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'not_a_roster_file'],
  ] as const)('%s: %j', async (_, bytes, code) => {
    expect(await refused('roster.csv', bytes)).toBe(code);
  });

  it('an archive of two rosters, or of none', async () => {
    expect(await refused('two.zip', await zipped({ 'a.csv': csv, 'b.csv': csv }))).toBe('zip_many_rosters');
    expect(await refused('none.zip', await zipped({ 'readme.pdf': 'x' }))).toBe('zip_no_roster');
  });

  it('a file that inflates a thousandfold', async () => {
    const bomb = await zipped({
      'roster.csv': `MemberID,FirstName,LastName\n${'1'.repeat(50_000_000)},A,B\n`,
    });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await refused('bomb.zip', bomb)).toBe('ratio_too_high');
  });
});

describeShared('the collection of hostile archives', ['data', 'zips'], (folder) => {
  const malformed = readdirSync(join(folder, 'malformed'));

  it.each(malformed)('malformed: %s', async (name) => {
    expect(fileErrorCodes).toContain(
      await refused('roster.zip', readFileSync(join(folder, 'malformed', name))),
    );
  });

  it('the bomb of overlapping files', async () => {
    expect(await refused('bomb.zip', readFileSync(join(folder, 'overlapping-bomb.zip')))).toMatch(
      /^(zip_overlapping|ratio_too_high|zip_too_many_entries)$/,
    );
  });

  it.each(readdirSync(join(folder, 'valid')))('valid, but no roster: %s', async (name) => {
    expect(fileErrorCodes).toContain(await refused('roster.zip', readFileSync(join(folder, 'valid', name))));
  });
});
