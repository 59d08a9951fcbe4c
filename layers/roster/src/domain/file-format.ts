/** How text files of rosters are written, where it is not left to be found out. */

/**
 * The encodings that are read, by their labels in the WHATWG Encoding Standard: what Excel and the exports of HR systems
 * write. The first four are found out; the others look like windows-1252, so a person has to say.
 */
export const encodings = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'windows-1250',
  'windows-1251',
  'iso-8859-2',
  'iso-8859-15',
  'macintosh',
] as const;
export type Encoding = (typeof encodings)[number];

/** The delimiters that are looked for, the likelier first. */
export const delimiters = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof delimiters)[number];
