/** What columns of a roster can be. Apart from their checks, so that a page lists them without what checks them. */

export const columnTypes = [
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'email',
  'phone',
  'enum',
] as const;
export type ColumnType = (typeof columnTypes)[number];

/** What a column means to Muster beyond being a value. Each role is held by one column at most. */
export const columnRoles = [
  'externalId',
  'firstName',
  'lastName',
  'fullName',
  'email',
  'phone',
  'username',
  'state',
  'department',
  'group',
  'activeFrom',
  'activeUntil',
] as const;
export type ColumnRole = (typeof columnRoles)[number];

export const dateFormats = ['YYYY-MM-DD', 'DD/MM/YYYY', 'MM/DD/YYYY', 'DD.MM.YYYY'] as const;
