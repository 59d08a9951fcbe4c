import { MusterError } from './errors.ts';

/** The longest username, in UTF-16 code units, as written and as compared. */
export const usernameLengthMax = 100;

/** A login as it is compared: NFKC, without surrounding white space, in lower case. */
export function normalizeLogin(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase();
}

/**
 * A username as it is kept: NFC, without surrounding white space.
 * @throws MusterError `invalid_member` for one that is blank, too long, or has blanks or characters nobody sees,
 * by which two usernames could look alike.
 */
export function readUsername(given: string): string {
  const username = given.normalize('NFC').trim();
  const fault = usernameFault(username);
  if (fault === undefined) return username;
  const places = [{ path: 'username', message: fault }];
  throw new MusterError('invalid_member', 'The username has faults.', { places });
}

function usernameFault(username: string): string | undefined {
  const compared = normalizeLogin(username);
  if (compared === '') return 'A username is blank.';
  if (username.length > usernameLengthMax || compared.length > usernameLengthMax) {
    return `A username is longer than ${usernameLengthMax} characters.`;
  }
  if (/[\p{White_Space}\p{Other}]/u.test(compared)) {
    return 'A username has a blank, or a character that cannot be seen.';
  }
  return undefined;
}
