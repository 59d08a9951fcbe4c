import { randomBytes, randomInt, scryptSync, timingSafeEqual } from 'node:crypto';
import { CognitoError } from './errors.ts';
import type { PasswordPolicy } from './pools.ts';

/** Far cheaper than a real service's: thousands of users are created in a test, on files nobody steals. */
const cost = { N: 1024, r: 8, p: 1 };
const hashBytes = 32;

/** Hashes a password to `<salt>.<scrypt>`, both base64url. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16);
  return `${salt.toString('base64url')}.${scryptSync(password, salt, hashBytes, cost).toString('base64url')}`;
}

const decoy = hashPassword(randomBytes(32).toString('base64url'));

/** Whether the password is the stored one; without a stored one it takes as long, and says no. */
export function isPassword(password: string, stored: string | undefined): boolean {
  const [salt = '', hash = ''] = (stored ?? decoy).split('.');
  const given = scryptSync(password, Buffer.from(salt, 'base64url'), hashBytes, cost);
  return timingSafeEqual(given, Buffer.from(hash, 'base64url')) && stored !== undefined;
}

const lowercase = 'abcdefghijklmnopqrstuvwxyz';
const numbers = '0123456789';
const symbols = '^$*.[]{}()?-"!@#%&/\\,><\':;|_~`+=';

interface Rule {
  requires(policy: PasswordPolicy): boolean;
  characters: string;
  unmet: string;
}

/** Basic Latin only, as Cognito counts. https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html */
const rules: readonly Rule[] = [
  {
    requires: (policy) => policy.requireLowercase,
    characters: lowercase,
    unmet: 'Password must have lowercase characters',
  },
  {
    requires: (policy) => policy.requireUppercase,
    characters: lowercase.toUpperCase(),
    unmet: 'Password must have uppercase characters',
  },
  {
    requires: (policy) => policy.requireNumbers,
    characters: numbers,
    unmet: 'Password must have numeric characters',
  },
  {
    requires: (policy) => policy.requireSymbols,
    characters: symbols,
    unmet: 'Password must have symbol characters',
  },
];

/** @throws CognitoError InvalidPasswordException that names the first rule which the password breaks */
export function checkPolicy(password: string, policy: PasswordPolicy): void {
  const broken = rules.find(
    (rule) =>
      rule.requires(policy) && ![...password].some((character) => rule.characters.includes(character)),
  );
  const reason = password.length < policy.minimumLength ? 'Password not long enough' : broken?.unmet;
  if (!reason) return;
  throw new CognitoError('InvalidPasswordException', `Password did not conform with policy: ${reason}`);
}

/** A random password that meets every rule, for AdminCreateUser without one. */
export function generatePassword(policy: PasswordPolicy): string {
  const pick = (characters: string) => characters.charAt(randomInt(characters.length));
  const characters = rules.map((rule) => pick(rule.characters));
  while (characters.length < Math.max(12, policy.minimumLength)) {
    characters.push(pick(rules[randomInt(rules.length)]!.characters));
  }
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other]!, characters[last]!];
  }
  return characters.join('');
}
