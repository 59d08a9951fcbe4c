import type { Column } from 'roster/domain/schema';

/** The columns of a sample roster, in the order of the file. */
export const columnNames = [
  'MemberID',
  'IsActive',
  'FirstName',
  'MiddleName',
  'LastName',
  'FullName',
  'Email',
  'Phone',
  'Department',
  'Group',
  'Birthday',
  'JoinedOn',
  'City',
  'PostalCode',
  'Fee',
] as const;
export type ColumnName = (typeof columnNames)[number];

/** One row of a sample roster; a blank cell is ''. */
export type RosterRow = Readonly<Record<ColumnName, string>>;

/** The roster schema that takes a sample roster without a reject: the body of `PUT /orgs/{org}/schema`. */
export const generatorColumns: readonly Column[] = [
  { name: 'MemberID', type: 'text', role: 'externalId', required: true },
  { name: 'IsActive', type: 'boolean', role: 'state' },
  { name: 'FirstName', type: 'text', role: 'firstName', required: true },
  { name: 'MiddleName', type: 'text' },
  { name: 'LastName', type: 'text', role: 'lastName', required: true },
  { name: 'FullName', type: 'text', role: 'fullName' },
  { name: 'Email', type: 'email', role: 'email', unique: true },
  { name: 'Phone', type: 'phone', role: 'phone' },
  { name: 'Department', type: 'text', role: 'department', createDepartments: true },
  { name: 'Group', type: 'text', role: 'group' },
  { name: 'Birthday', type: 'date' },
  { name: 'JoinedOn', type: 'date' },
  { name: 'City', type: 'text' },
  { name: 'PostalCode', type: 'text' },
  { name: 'Fee', type: 'decimal' },
];
