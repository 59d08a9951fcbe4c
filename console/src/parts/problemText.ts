import type { TFunction } from 'i18next';
import { ApiProblem, Unreachable } from '../api/problem.ts';

/** An error in words for people: by its code, with the places that it names. */
export function problemText(error: unknown, t: TFunction): string {
  if (error instanceof Unreachable) return t('shell.unreachable');
  if (!(error instanceof ApiProblem)) return t('shell.unknownError');
  const { code, message, places } = error;
  const said = t(`problems.${code}` as 'problems.internal', { defaultValue: message });
  return [said, ...places.map((place) => `${placeName(place.path)}: ${place.message}`)].join(' ');
}

/** `body/values/First name` → `First name`. */
function placeName(path: string): string {
  return path.split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~') ?? path;
}
