/** What the report of an import says of a row besides what became of it: what to do. */
import type { RejectCode } from './import.ts';

/** What became of a row or member, as a report has it. */
export const reportOutcomes = [
  'added',
  'updated',
  'reactivated',
  'disabled',
  'removed',
  'unchanged',
  'skipped',
  'excluded',
  'conflict',
  'not_applied',
  'rejected',
  'kept',
] as const;
export type ReportOutcome = (typeof reportOutcomes)[number];

const afterOutcome: Record<Exclude<ReportOutcome, 'rejected' | 'kept'>, string> = {
  added: '',
  updated: '',
  reactivated: '',
  disabled: '',
  removed: '',
  unchanged: '',
  skipped: 'The mode of this import leaves this row alone. To make the change, import it with another mode.',
  excluded: 'The approval left this change out. To make it, import the row again and approve it.',
  conflict:
    'The member was changed after the plan was made, so it was left alone. Import the row again for a new plan.',
  not_applied:
    'Nothing of this file was applied, because other rows were rejected. Correct those and upload the whole file again.',
};

const quotes =
  'Look at this line of the original file: put quotation marks around the whole value and double those inside of it.';
const shorten = 'Shorten the value.';

const afterReject: Record<RejectCode, string> = {
  stray_quote: quotes,
  text_after_quote: quotes,
  quote_not_closed: quotes,
  record_too_long: 'Look at this line of the original file: a quotation mark may be missing.',
  wrong_field_count:
    'Put each value under its column again, from “Muster: row as it was”; quote values that hold the delimiter.',
  row_too_long: 'Shorten the longest values of the row.',
  required: 'Fill in the value.',
  not_an_integer: 'Write a whole number such as 12.',
  not_a_decimal: 'Write a number such as 12.50.',
  not_a_boolean: 'Write True or False.',
  not_a_date: 'Write the date as the message shows it.',
  not_an_email: 'Correct the address, or leave it blank if it may be.',
  not_a_phone: 'Correct the number, or leave it blank if it may be.',
  not_in_list: 'Write one of the values that the message names.',
  too_long: shorten,
  pattern_mismatch: 'Write the value as the pattern has it.',
  bad_identifier: 'Write an identifier without control characters, of 200 characters at most.',
  ambiguous_identifier: 'Give the row the identifier of the member that it is about.',
  duplicate_identifier: 'Keep one row for this identifier and remove the others, or correct it.',
  duplicate_value: 'Give each member a value of its own, or leave it blank if it may be.',
  unknown_department: 'Write the path of a department that there is, or add the department first.',
  ambiguous_department: 'Write the whole path of the department, such as A / B.',
  bad_department: 'Write a path of departments such as A / B.',
  changed_since: 'If the member is to be as before the import, change it by hand.',
  joined_since: 'If the member is not to stay, remove it by hand.',
  removed_since: 'If the member is to come back, add it by hand or import a file with it.',
};

/** What to do about a row that was not rejected; empty where there is nothing to do. */
export function cureOf(outcome: string): string {
  return afterOutcome[outcome as keyof typeof afterOutcome] ?? '';
}

/** What to do about a row that was rejected for this reason. */
export function cureOfReject(code: RejectCode): string {
  return afterReject[code];
}
