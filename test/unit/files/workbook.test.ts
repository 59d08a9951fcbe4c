import { buffer } from 'node:stream/consumers';
import readWorkbook from 'read-excel-file/node';
import { workbook } from 'roster/files/workbook';
import unzipper from 'unzipper';
import { describe, expect, it } from 'vitest';

const at = new Date('2026-01-01T00:00:00Z');

async function* rowsUpTo(count: number): AsyncIterable<string[]> {
  for (let row = 1; row <= count; row++) yield [`r${row}`, '', `=${row}`];
}

const written = async (rows: AsyncIterable<readonly string[]>, rowsMax?: number) =>
  buffer(workbook({ name: 'My [list]: a/b', header: ['A', 'B', 'C'] }, rows, at, rowsMax) as never);

describe('a workbook', () => {
  it('goes on in another sheet, with the header, where one is full', async () => {
    const sheets = await readWorkbook(await written(rowsUpTo(5), 3));
    expect(sheets.map(({ data }) => data)).toEqual([
      [
        ['A', 'B', 'C'],
        ['r1', null, '=1'],
        ['r2', null, '=2'],
      ],
      [
        ['A', 'B', 'C'],
        ['r3', null, '=3'],
        ['r4', null, '=4'],
      ],
      [
        ['A', 'B', 'C'],
        ['r5', null, '=5'],
      ],
    ]);
  });

  it('has no sheet more than it needs, and one for no rows', async () => {
    expect(await readWorkbook(await written(rowsUpTo(4), 3))).toHaveLength(2);
    expect((await readWorkbook(await written(rowsUpTo(0)))).map(({ data }) => data)).toEqual([
      [['A', 'B', 'C']],
    ]);
  });

  it('holds every text as text: no number, formula or link', async () => {
    const { files } = await unzipper.Open.buffer(await written(rowsUpTo(2)));
    const sheet = files.find(({ path }) => path === 'xl/worksheets/sheet1.xml');
    const xml = (await sheet?.buffer())?.toString() ?? '';
    expect(xml.match(/<c /g)).toHaveLength(7);
    expect(xml.match(/t="inlineStr"/g)).toHaveLength(7);
    expect(xml).not.toMatch(/<f>|<v>/);
  });

  it('hands on what its rows throw', async () => {
    const failing = async function* () {
      yield ['1', '2', '3'];
      throw new Error('no more');
    };
    await expect(written(failing())).rejects.toThrow('no more');
  });
});
