/**
 * Every code that Muster answers with, and the HTTP status it maps to (RFC 9457, RFC 9110).
 * The union is closed: adapters translate into these codes, and anything else stays an unknown error (500).
 */
export const errorStatus = {
  invalid_request: 400,
  invalid_cursor: 400,
  invalid_schema: 422,
  unauthenticated: 401,
  wrong_credentials: 401,
  invalid_session: 401,
  wrong_code: 401,
  invalid_password: 422,
  invalid_member: 422,
  invalid_registration: 422,
  invalid_mapping: 422,
  email_mismatch: 422,
  forbidden: 403,
  second_factor_required: 403,
  recent_sign_in_required: 403,
  not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  import_not_in_mapping: 409,
  mapping_not_ready: 409,
  too_many_mappings: 409,
  import_not_in_review: 409,
  import_not_open: 409,
  import_not_resumable: 409,
  import_applying: 409,
  hold_not_confirmed: 409,
  plan_changed: 409,
  own_approval: 409,
  nothing_approved: 409,
  approval_waits: 409,
  import_not_undoable: 409,
  job_not_open: 409,
  job_not_resumable: 409,
  job_not_undoable: 409,
  feature_disabled: 403,
  feed_off: 409,
  too_many_feed_keys: 409,
  invalid_recipient: 422,
  drop_in_progress: 409,
  drop_not_awaiting: 409,
  own_request: 403,
  report_not_ready: 409,
  no_rejects: 404,
  export_not_ready: 409,
  export_expired: 410,
  file_not_uploaded: 409,
  file_purged: 410,
  organization_exists: 409,
  login_taken: 409,
  own_account: 409,
  last_owner: 409,
  outside_period: 409,
  shared_account: 409,
  no_account: 409,
  out_of_scope: 403,
  transfer_required: 409,
  invalid_transfer: 422,
  member_disabled: 409,
  member_joined: 409,
  already_member: 409,
  no_email: 422,
  undeliverable: 409,
  invitation_rejected: 409,
  no_second_factor: 409,
  link_in_use: 409,
  link_invalid: 410,
  link_expired: 410,
  unknown_department: 422,
  unknown_role: 422,
  department_name_taken: 409,
  department_below_itself: 409,
  department_too_deep: 409,
  department_not_empty: 409,
  root_department_fixed: 409,
  too_many_departments: 409,
  role_name_taken: 409,
  role_in_use: 409,
  too_many_roles: 409,
  precondition_failed: 412,
  precondition_required: 428,
  body_too_large: 413,
  too_many_requests: 429,
  throttled: 503,
  import_busy: 503,
  import_superseded: 409,
  corrupt_item: 500,
  internal: 500,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorStatus;

/** One place that a bad input names: a JSON pointer or column, and what is wrong there. */
export interface ErrorPlace {
  path: string;
  message: string;
}

/**
 * An error with a code of the closed union. Its `name` is the code in PascalCase, which is what a Lambda
 * function reports as `errorType` and what the state machine's Retry and Catch match.
 */
export class MusterError extends Error {
  readonly code: ErrorCode;
  readonly places: ErrorPlace[];
  /** When it may be tried again, where that is known better than by the status. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; places?: ErrorPlace[]; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.name = errorName(code);
    this.places = options.places ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return errorStatus[this.code];
  }
}

/** The name under which an error of this code reaches the state machine: `import_busy` → `ImportBusy`. */
export function errorName(code: ErrorCode): string {
  return code.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}

/** Errors that go away by themselves: the state machine tries the step again with backoff. */
export const retryableErrorNames = [errorName('throttled')];
/** Another import is being applied: the step waits for its turn. */
export const importBusyErrorName = errorName('import_busy');
/** A newer upload or a cancel ended this import: the execution ends quietly. */
export const importSupersededErrorName = errorName('import_superseded');

/** Whether an unknown thing thrown is a Muster error, of the given code if one is named. */
export function isMusterError(error: unknown, code?: ErrorCode): error is MusterError {
  return error instanceof MusterError && (code === undefined || error.code === code);
}
