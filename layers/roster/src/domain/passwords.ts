/** Passwords in the files of a roster: told, so that they go no further. */
import { foldLabel } from './fold-label.ts';

const passwordWords = ['password', 'passwd', 'pwd', 'passcode', 'mdp', 'motdepasse', 'passwort'];

/** Whether a label is plainly one of passwords: no column of a roster has it. */
export function isPasswordName(label: string): boolean {
  return passwordWords.includes(foldLabel(label));
}

/** Whether a file's header says that its column holds passwords, which are taken from no file. */
export function isPasswordLabel(label: string): boolean {
  const folded = foldLabel(label);
  return isPasswordName(label) || /motdepasse|password/.test(folded);
}

/** What exports write in place of a password: it stays as it is (S2.9). */
const unchangedTexts = ['motdepassecrypte', 'encryptedpassword'];

/** Whether the text of a password column gives a password. */
export function givesPassword(text: string): boolean {
  return text.trim() !== '' && !unchangedTexts.includes(foldLabel(text));
}
