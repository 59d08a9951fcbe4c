/** A cell: text, a number (rounded to what can be read), or nothing to say. */
export type Cell = string | number | undefined;

/** Lines of a table with a heading: the first column left, all others right, as wide as needed. */
export function table(heading: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [heading, ...rows.map((row) => row.map(textOf))];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const rule = widths.map((width) => '-'.repeat(width));
  return [lines[0], rule, ...lines.slice(1)]
    .map((line) => widths.map((width, column) => aligned(line?.[column] ?? '', width, column)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

function aligned(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

function textOf(cell: Cell): string {
  if (cell === undefined) return '-';
  return typeof cell === 'string' ? cell : figure(cell);
}

/** Whole numbers with separators; others with three figures or so. */
function figure(value: number): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
