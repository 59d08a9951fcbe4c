/** A column label with case, accents, spaces and punctuation put aside, for matching headers to columns. */
export function foldLabel(label: string): string {
  return label
    .normalize('NFKD')
    .replace(/[^\p{Letter}\p{Number}]/gu, '')
    .toLowerCase();
}
