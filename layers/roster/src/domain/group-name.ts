import * as z from 'zod';

/** The longest name of a department or role, in Unicode code points. */
export const groupNameLengthMax = 200;

/**
 * The name of a department or role, kept exactly as it was typed. It shows something (white space alone does not)
 * and is well-formed Unicode: half of a surrogate pair could not be stored as it is.
 */
export const GroupName = z
  .string()
  .max(groupNameLengthMax)
  .regex(/\S/, 'A name must show something.')
  .refine((name) => name.isWellFormed(), 'A name must be well-formed Unicode.');

/**
 * A name as it is compared: compatibility forms (NFKC), case, and how much white space there is are put aside.
 * Accents stay: in many languages they tell words apart.
 */
export function foldGroupName(name: string): string {
  return name.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/g, ' ').trim();
}
