import type { ErrorCode } from 'roster/domain/errors';
import type { Problem } from './schema.ts';

/** What the gateway answers by itself is worded by these. */
type GatewayCode = 'no_access' | 'unknown';
export type ProblemCode = ErrorCode | GatewayCode;

/** The API said no (RFC 9457). `message` is its own English; pages word it by `code`. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly code: ProblemCode;
  readonly places: readonly { path: string; message: string }[];

  constructor(status: number, code: ProblemCode, detail: string, places: ApiProblem['places'] = []) {
    super(detail);
    this.status = status;
    this.code = code;
    this.places = places;
  }
}

/** There was no answer: the network is down, or the API is. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** The error of an answer that is none of success. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  if (isProblem(body))
    return new ApiProblem(response.status, body.code as ErrorCode, body.detail, body.places);
  const code =
    response.status === 403 ? 'no_access' : response.status === 401 ? 'unauthenticated' : 'unknown';
  return new ApiProblem(response.status, code, `The server answered ${response.status}.`);
}

/** Whether an error is a problem of this code. */
export function isProblemOf(error: unknown, code: ProblemCode): error is ApiProblem {
  return error instanceof ApiProblem && error.code === code;
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
