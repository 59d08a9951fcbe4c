import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { savedMappingRecords } from '../../../layers/roster/src/aws/saved-mappings.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { type SavedMapping, savedMappingsMax } from '../../../layers/roster/src/domain/mapping.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let table: Table;
const at = '2026-01-01T00:00:00.000Z';
const id = (number: number) => number.toString(16).padStart(32, '0');
const mapping = (number: number, headers: SavedMapping['headers'] = {}): SavedMapping => ({
  ...{ mappingId: id(number), headers, fileName: 'a.csv', savedBy: 'ann', savedAt: at },
});
const event = (subject: string) => ({
  ...{ action: 'mapping.save' as const, subject, actor: { account: 'ann', login: 'ann' } },
});

beforeAll(async () => {
  dynamo = await startDynamo();
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
});
afterAll(() => dynamo.stop());

const records = () => {
  const audit = auditTrail(table, () => new Date(at));
  return { audit, saved: savedMappingRecords(table, audit) };
};

describe('saved mappings', () => {
  it('are kept with headers of any name, replaced and deleted, each with its entry', async () => {
    const { audit, saved } = records();
    const headers = Object.fromEntries([
      ['__proto__', { drop: true as const }],
      ['constructor', { column: 'A' }],
      ['', { drop: true as const }],
      ['a.b#c "d"', { column: 'é' }],
    ]);
    expect(await saved.find('acme', id(1))).toBeUndefined();
    await saved.save('acme', mapping(1), event(id(1)));
    await saved.save('acme', mapping(1, headers), event(id(1)));
    const found = await saved.find('acme', id(1));
    expect(Object.entries(found?.headers ?? {})).toEqual(Object.entries(headers));
    expect(await saved.find('other', id(1))).toBeUndefined();
    await expect(saved.delete('other', id(1), () => event(id(1)))).rejects.toMatchObject({
      code: 'not_found',
    });
    await saved.delete('acme', id(1), ({ mappingId }) => event(mappingId));
    expect(await saved.find('acme', id(1))).toBeUndefined();
    await expect(saved.delete('acme', id(1), () => event(id(1)))).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await audit.list('acme', { limit: 10 })).items).toHaveLength(3);
  });

  it('are bounded, and one that is there can still be changed', async () => {
    const { saved } = records();
    for (let number = 0; number < savedMappingsMax; number++)
      await saved.save('full', mapping(number), event(id(number)));
    await saved.save('full', mapping(7, { A: { column: 'B' } }), event(id(7)));
    const tooMany = saved.save('full', mapping(savedMappingsMax), event(id(savedMappingsMax)));
    await expect(tooMany).rejects.toMatchObject({ code: 'too_many_mappings' });
  });

  it('are listed page by page, also where a page ends by its size', async () => {
    const { saved } = records();
    const wide = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`${at} ${'x'.repeat(250)}`, { column: 'A' }]),
    );
    for (let number = 0; number < 24; number++)
      await saved.save('wide', mapping(number, wide), event(id(number)));
    const listed: string[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < 10; pages++) {
      const page = await saved.page('wide', { limit: 23, cursor });
      listed.push(...page.items.map(({ mappingId }) => mappingId));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(listed).toEqual(Array.from({ length: 24 }, (_, number) => id(number)));
    const { nextCursor } = await saved.page('wide', { limit: 2 });
    await expect(saved.page('full', { limit: 2, cursor: nextCursor })).rejects.toMatchObject({
      code: 'invalid_cursor',
    });
  });
});
