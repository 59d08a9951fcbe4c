import { JwtVerifier } from 'aws-jwt-verify';
import {
  FailedAssertionError,
  JwtInvalidSignatureError,
  JwtParseError,
  JwtWithoutValidKidError,
  KidNotFoundInJwksError,
  ParameterValidationError,
  WaitPeriodNotYetEndedJwkError,
} from 'aws-jwt-verify/error';
import type { Fetcher } from 'aws-jwt-verify/https';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import * as z from 'zod';

/** Who an access token names, when it was issued and when its session was begun by a sign-in (Unix epoch). */
export interface TokenClaims {
  account: string;
  issuedAtSeconds: number;
  signedInAtSeconds?: number;
}

/** Checks an access token's signature, issuer, client, use and expiry. Undefined if it is not to be believed. */
export type TokenVerifier = (token: string) => Promise<TokenClaims | undefined>;

const Claims = z.object({
  username: z.string().min(1),
  iat: z.int().positive(),
  auth_time: z.int().positive().optional(),
});

const fetchTimeoutMs = 3_000;

/**
 * Fetches the issuer's keys by the platform's fetch; the library's own fetcher refuses anything but https, which a
 * user pool on one machine does not have.
 */
const fetcher: Fetcher = {
  async fetch(uri) {
    const response = await fetch(uri, { signal: AbortSignal.timeout(fetchTimeoutMs) });
    if (!response.ok)
      throw new Error(`The keys of the token issuer cannot be read: HTTP ${response.status}.`);
    return response.arrayBuffer();
  },
};

/**
 * Makes a verifier of the user pool's access tokens (Cognito Developer Guide, "Verifying JSON web tokens"). Keys
 * are fetched when first needed and kept; an unknown key id fetches them again, at most every 10 seconds.
 */
export function tokenVerifier({ issuer, clientId }: { issuer: string; clientId: string }): TokenVerifier {
  const verifier = JwtVerifier.create(
    {
      issuer,
      audience: null,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      customJwtCheck: ({ payload }) => {
        if (payload.token_use !== 'access')
          throw new FailedAssertionError('Not an access token', payload.token_use, 'access');
        if (payload.client_id !== clientId)
          throw new FailedAssertionError('Not of this client', payload.client_id, clientId);
      },
    },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
  return async (token) => {
    try {
      const { username, iat, auth_time } = Claims.parse(await verifier.verify(token));
      const signedIn = auth_time === undefined ? {} : { signedInAtSeconds: auth_time };
      return { account: username, issuedAtSeconds: iat, ...signedIn };
    } catch (error) {
      if (isBadToken(error)) return undefined;
      throw error;
    }
  };
}

const badTokenErrors = [
  FailedAssertionError,
  JwtParseError,
  JwtInvalidSignatureError,
  JwtWithoutValidKidError,
  KidNotFoundInJwksError,
  WaitPeriodNotYetEndedJwkError,
  ParameterValidationError,
  z.ZodError,
];

/** Faults of the token, as against faults in reaching the issuer, which are errors. */
function isBadToken(error: unknown): boolean {
  return badTokenErrors.some((type) => error instanceof type);
}
