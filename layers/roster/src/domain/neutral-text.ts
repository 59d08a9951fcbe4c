/**
 * Texts that a spreadsheet would take for formulas when it opens a CSV file (OWASP, CSV Injection), and their harmless
 * form: one apostrophe in front, which spreadsheets and people read as "text". A text that already begins with
 * apostrophes before such a sign gets one more, so that taking one away gives back exactly what was there, whatever it
 * was. Cells of a workbook are typed as text and need none of this.
 */

/** A formula's first sign behind any apostrophes; the last four are full-width forms, which some programs run too. */
const runs = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** The form in which a text is written into a CSV file. */
export function neutralized(text: string): string {
  return runs.test(text) ? `'${text}` : text;
}

/** The text that a field of a CSV file stands for: the inverse of {@link neutralized}. */
export function asBefore(field: string): string {
  return field.startsWith("'") && runs.test(field) ? field.slice(1) : field;
}
