import { type ZipContent, zipped } from './zip.ts';

/** Rows of a sheet, the header included (Excel specifications and limits). */
export const sheetRowsMax = 1_048_576;
/** Deflate's quickest: sheets are so repetitive that pressing harder costs much and gains little. */
const level = 1;
const rowsPerText = 500;

/**
 * Rows as an Excel workbook, written as they come, in bounded memory. Every cell is text (so 007 stays 007 and no
 * formula runs) and every sheet begins with the header; where there are more rows than a sheet holds, another follows.
 * @param mtime when the workbook says it was made
 */
export function workbook(
  sheet: { name: string; header: readonly string[] },
  rows: AsyncIterable<readonly string[]>,
  mtime: Date,
  rowsMax: number = sheetRowsMax,
): AsyncIterable<Uint8Array> {
  return zipped(partsOf(sheet, rows, rowsMax), mtime);
}

async function* partsOf(
  { name, header }: { name: string; header: readonly string[] },
  rows: AsyncIterable<readonly string[]>,
  rowsMax: number,
): AsyncIterable<ZipContent> {
  yield file('[Content_Types].xml', contentTypes);
  yield file('_rels/.rels', relations([['officeDocument', 'xl/workbook.xml']]));
  yield file('xl/styles.xml', styles);
  const source = new RowSource(rows);
  let sheets = 0;
  do {
    sheets += 1;
    yield {
      name: `xl/worksheets/sheet${sheets}.xml`,
      content: sheetText(header, source, rowsMax - 1),
      level,
    };
  } while (await source.hasMore());
  const numbers = Array.from({ length: sheets }, (_, index) => index + 1);
  const targets = numbers.map((number) => ['worksheet', `worksheets/sheet${number}.xml`] as const);
  yield file('xl/_rels/workbook.xml.rels', relations([...targets, ['styles', 'styles.xml']]));
  yield file('xl/workbook.xml', workbookText(name, numbers));
}

/** Rows that several sheets take from, one after the other. */
class RowSource {
  private readonly rows: AsyncIterator<readonly string[]>;
  private ahead: IteratorResult<readonly string[]> | undefined;

  constructor(rows: AsyncIterable<readonly string[]>) {
    this.rows = rows[Symbol.asyncIterator]();
  }

  async hasMore(): Promise<boolean> {
    this.ahead ??= await this.rows.next();
    return !this.ahead.done;
  }

  async next(): Promise<readonly string[] | undefined> {
    const { ahead = await this.rows.next() } = this;
    this.ahead = undefined;
    if (!ahead.done) return ahead.value;
    this.ahead = ahead;
    return undefined;
  }
}

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relationships = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packageUrl = 'http://schemas.openxmlformats.org/package/2006';
const typeOf = (part: string) => `application/vnd.openxmlformats-officedocument.spreadsheetml.${part}+xml`;

function file(name: string, text: string): ZipContent {
  const content = async function* () {
    yield declaration + text;
  };
  return { name, content: content() };
}

/** Sheets are the default, for how many there are is not known yet. */
const contentTypes =
  `<Types xmlns="${packageUrl}/content-types">` +
  `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
  `<Default Extension="xml" ContentType="${typeOf('worksheet')}"/>` +
  `<Override PartName="/xl/workbook.xml" ContentType="${typeOf('sheet.main')}"/>` +
  `<Override PartName="/xl/styles.xml" ContentType="${typeOf('styles')}"/></Types>`;

function relations(targets: readonly (readonly [type: string, target: string])[]): string {
  const items = targets.map(
    ([type, target], index) =>
      `<Relationship Id="rId${index + 1}" Type="${relationships}/${type}" Target="${target}"/>`,
  );
  return `<Relationships xmlns="${packageUrl}/relationships">${items.join('')}</Relationships>`;
}

/** Style 1 is text (format 49, `@`), style 2 the same in bold. */
const styles =
  `<styleSheet xmlns="${main}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>` +
  `<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
  `<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
  `<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/>` +
  `<xf numFmtId="49" applyNumberFormat="1" xfId="0"/>` +
  `<xf numFmtId="49" fontId="1" applyNumberFormat="1" applyFont="1" xfId="0"/></cellXfs></styleSheet>`;

/** A sheet's name has 31 characters at most and none of some signs. */
function workbookText(name: string, numbers: readonly number[]): string {
  const base = name.replace(/[[\]:*?/\\']/g, ' ').slice(0, 25);
  const sheets = numbers.map((number) => {
    const label = number === 1 ? base : `${base} ${number}`;
    return `<sheet name="${escaped(label).replaceAll('"', '&quot;')}" sheetId="${number}" r:id="rId${number}"/>`;
  });
  return `<workbook xmlns="${main}" xmlns:r="${relationships}"><sheets>${sheets.join('')}</sheets></workbook>`;
}

async function* sheetText(
  header: readonly string[],
  source: RowSource,
  rowsMax: number,
): AsyncIterable<string> {
  const letters = header.map((_, index) => columnLetters(index));
  const cell = (style: number) => (value: string, index: number, row: number) =>
    value === ''
      ? ''
      : `<c r="${letters[index] ?? columnLetters(index)}${row}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
  const rowText = (values: readonly string[], row: number, style: number) => {
    const write = cell(style);
    return `<row r="${row}">${values.map((value, index) => write(value, index, row)).join('')}</row>`;
  };
  let text =
    `${declaration}<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0">` +
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' +
    `<cols><col min="1" max="${Math.max(1, header.length)}" width="18" style="1" customWidth="1"/></cols><sheetData>` +
    rowText(header, 1, 2);
  for (let row = 2; row <= rowsMax + 1; row++) {
    const values = await source.next();
    if (values === undefined) break;
    text += rowText(values, row, 1);
    if (row % rowsPerText !== 0) continue;
    yield text;
    text = '';
  }
  yield `${text}</sheetData></worksheet>`;
}

/** A, B, … Z, AA, AB, … */
function columnLetters(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnLetters(Math.floor(index / 26) - 1) + letter;
}

/** What XML 1.0 cannot hold, a return, which it would change, and what looks like the escape itself (ECMA-376, ST_Xstring). */
const unfit = /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)/g;

function escaped(text: string): string {
  const fit = text
    .toWellFormed()
    .replace(unfit, (sign) => `_x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`);
  return fit.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
