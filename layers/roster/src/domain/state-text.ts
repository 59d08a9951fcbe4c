/** What the state column says of a member as it is now, which may not be what the last file said. */
import type { Column } from './schema.ts';
import { activeReader, compileColumn } from './validate.ts';

/**
 * Compiles the text of the state column: what the file said, where that is how it is; otherwise a word for how it is,
 * because somebody may have disabled or enabled the member since. A column whose values have no such word keeps its own.
 */
export function compileStateText(column: Column): (stored: string, isActive: boolean) => string {
  const check = compileColumn({ ...column, required: false });
  const read = activeReader(column);
  const meaning = (text: string) => {
    const canonical = check(text);
    return typeof canonical === 'string' ? read(canonical) : undefined;
  };
  const words = column.type === 'boolean' ? ['True', 'False'] : (column.values ?? []);
  const wordFor = (isActive: boolean) => words.find((word) => meaning(word) === isActive);
  const [active, inactive] = [wordFor(true), wordFor(false)];
  return (stored, isActive) => {
    const isSilent = stored === '' && isActive && column.required !== true;
    if (isSilent || meaning(stored) === isActive) return stored;
    return (isActive ? active : inactive) ?? stored;
  };
}
