/** What an address of a members' page holds. Pure. */

/**
 * The token of a link: what stands behind the `#`, which no server sees. Undefined where there is none, or where what
 * is there cannot be a token (the API takes 200 characters).
 * @param {string} hash as `location.hash`
 */
export function tokenOf(hash) {
  const token = hash.slice(1);
  return /^[\w.~-]{1,200}$/.test(token) ? token : undefined;
}

/**
 * The organization of `/register/<org>` or `/register#<org>`; undefined where neither names one.
 * @param {string} pathname as `location.pathname`
 * @param {string} hash as `location.hash`
 */
export function organizationOf(pathname, hash) {
  const [, , segment = ''] = pathname.split('/');
  return [segment, hash.slice(1)].find((id) => /^[a-z0-9][a-z0-9-]{0,62}$/.test(id));
}

/** A secret in groups of four, for reading and typing. */
export const inGroups = (secret) => secret.match(/.{1,4}/g)?.join(' ') ?? '';
