import { randomInt } from 'node:crypto';

// Without the characters that people take for one another when they read a password aloud: 0 O, 1 l I.
const classes = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '-+=_!?'];
const everything = classes.join('');
const length = 20;

/**
 * Makes a password of 20 characters that the user pool's policy takes: one of each class, the rest of any, in
 * random places; about 115 bits.
 */
export function oneTimePassword(random: (below: number) => number = (below) => randomInt(below)): string {
  const pick = (characters: string) => characters.charAt(random(characters.length));
  const characters = classes.map(pick);
  while (characters.length < length) characters.push(pick(everything));
  // Fisher-Yates, so that the classes' places cannot be guessed.
  for (let last = characters.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [characters[last], characters[other]] = [characters[other] as string, characters[last] as string];
  }
  return characters.join('');
}
