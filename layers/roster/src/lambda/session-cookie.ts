/** The refresh token of a browser's session in a cookie that no script reads, for pages of this origin alone. */
import type { Challenge, Tokens } from '../aws/identity.ts';
import { MusterError } from '../domain/errors.ts';
import type { Browser } from './request.ts';

const name = '__Secure-muster-session';
/** As long as nobody uses the console; each refresh begins anew. The token in it is good for longer. */
const keptHours = 12;
// Only the calls on sessions get it, no page of another site sends it, and none is sent it over plain HTTP.
const attributes = 'Path=/api/v1/sessions; HttpOnly; Secure; SameSite=Strict';

interface SessionReply {
  status: 200;
  body: Tokens | Challenge;
  cookies?: string[];
}

/**
 * Answers a sign-in. Who asked for a cookie gets the refresh token in it, and not in the body.
 * @throws MusterError `forbidden`, as {@link requireOwnPage}
 */
export function sessionReply(outcome: Tokens | Challenge, cookie: true | undefined): SessionReply {
  if (cookie === undefined || 'challenge' in outcome) return { status: 200, body: outcome };
  const { refreshToken, ...body } = outcome;
  return { status: 200, body, ...(refreshToken && { cookies: [kept(refreshToken)] }) };
}

/** The token of the caller's cookie. @throws MusterError `forbidden`, `invalid_session` */
export function tokenOfCookie(browser: Browser): string {
  requireOwnPage(browser);
  const token = browser.cookie(name);
  if (token === undefined) throw new MusterError('invalid_session', 'There is no session here. Sign in.');
  return token;
}

/** What makes a browser keep this session's cookie for longer, or forget it. */
export const keptLonger = (token: string): string[] => [kept(token)];
export const forgotten: string[] = [`${name}=; Max-Age=0; ${attributes}`];

/**
 * Browsers tell which site a call comes from. Cookies are `SameSite=Strict` already; this also keeps pages of sibling
 * domains from beginning or prolonging a session of a visitor.
 * @throws MusterError `forbidden`
 */
export function requireOwnPage({ fetchSite }: Browser): void {
  if (fetchSite === undefined || fetchSite === 'same-origin') return;
  throw new MusterError('forbidden', 'Sessions with a cookie are for the pages of this address alone.');
}

function kept(token: string): string {
  return `${name}=${token}; Max-Age=${keptHours * 60 * 60}; ${attributes}`;
}
