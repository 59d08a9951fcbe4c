/**
 * A small client of the HTTP API (design section 6) for the commands and the scenario tests. What the API answers is
 * checked against the schemas that its handlers use.
 */
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as api from 'roster/domain/api';
import * as z from 'zod';

export type ImportJob = z.infer<typeof api.ImportBody>;
export type ImportInput = z.infer<typeof api.ImportInput>;
export type BulkInput = z.input<typeof api.BulkInput>;
export type BulkJob = z.infer<typeof api.BulkJobBody>;
export type RosterExport = z.infer<typeof api.ExportBody>;
export type Tokens = z.infer<typeof api.Tokens>;

/** Who signs in. */
export interface Credentials {
  organization?: string;
  login: string;
  password: string;
}

/** Options of one call. `body` is sent as JSON; `query` drops what is undefined. */
export interface CallOptions {
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  /** false for the calls that anybody may make. */
  authenticated?: boolean;
}

/** Options of {@link MusterClient.waitForImport}. */
export interface WaitOptions {
  /** Give up after this long. 600 by default. */
  deadlineSeconds?: number;
  /** Called with the first answer and then with each that differs from the one before. */
  onProgress?: (job: ImportJob) => void;
  signal?: AbortSignal;
}

/** Options of {@link MusterClient.waitForExport}. */
export interface ExportWaitOptions extends Omit<WaitOptions, 'onProgress'> {
  onProgress?: (job: RosterExport) => void;
}

/** The API said no: a problem (RFC 9457) with its stable `code`, or an answer that is none (`code` is then ''). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly places: { path: string; message: string }[];

  constructor(
    message: string,
    status: number,
    code: string,
    places: { path: string; message: string }[] = [],
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.places = places;
  }
}

/** The account has a one-time password: answer with a password of its own by `answerChallenge`. */
export class NewPasswordRequired extends Error {
  override readonly name = 'NewPasswordRequired';
  readonly session: string;

  constructor(session: string) {
    super('This password is for the first sign-in only; choose a password of your own.');
    this.session = session;
  }
}

/** The account has a second factor: answer with a code of its authenticator app by `answerCode`. */
export class CodeRequired extends Error {
  override readonly name = 'CodeRequired';
  readonly session: string;

  constructor(session: string) {
    super('This account has a second factor; give a code of its authenticator app.');
    this.session = session;
  }
}

const apiPath = '/api/v1';
const pollMilliseconds = { first: 100, most: 1_000 };

/** One session with one installation. Tokens live in memory; a refused access token is refreshed once a call. */
export class MusterClient {
  readonly apiUrl: string;
  #tokens: Tokens | undefined;

  /** @param url the installation's origin, or its API: `http://127.0.0.1:8080` or `http://127.0.0.1:8080/api/v1`. */
  constructor(url: string) {
    const base = url.replace(/\/+$/, '');
    this.apiUrl = base.endsWith(apiPath) ? base : `${base}${apiPath}`;
  }

  /** @throws NewPasswordRequired at a first sign-in, CodeRequired; ApiError `wrong_credentials`. */
  async signIn({ organization, login, password }: Credentials): Promise<void> {
    const body = { organization, login, password };
    this.#takeTokens(await this.call('POST', '/sessions', { body, authenticated: false }));
  }

  /** Chooses the account's own password after {@link NewPasswordRequired} and signs in. */
  async answerChallenge(session: string, { organization, login, password }: Credentials): Promise<void> {
    const challenge = 'NEW_PASSWORD_REQUIRED';
    const body = { challenge, session, organization, login, newPassword: password };
    this.#takeTokens(await this.call('POST', '/sessions/challenge', { body, authenticated: false }));
  }

  /** Gives the code after {@link CodeRequired} and signs in. @throws ApiError `wrong_code` */
  async answerCode(
    session: string,
    { organization, login }: Omit<Credentials, 'password'>,
    code: string,
  ): Promise<void> {
    const body = { challenge: 'SOFTWARE_TOKEN_MFA', session, organization, login, code };
    this.#takeTokens(await this.call('POST', '/sessions/challenge', { body, authenticated: false }));
  }

  /** Changes the own password; all other sessions end. @throws CodeRequired where a second factor is on */
  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    const body = { currentPassword, newPassword };
    this.#takeTokens(await this.call('POST', '/me/password', { body }));
  }

  /** Makes a secret for an authenticator app, to be confirmed by a code of it. */
  async beginSecondFactor() {
    return api.SecondFactorSecret.parse(await this.call('POST', '/me/totp'));
  }

  async confirmSecondFactor(code: string): Promise<void> {
    await this.call('POST', '/me/totp/confirm', { body: { code } });
  }

  async dropSecondFactor(password: string): Promise<void> {
    await this.call('DELETE', '/me/totp', { body: { password } });
  }

  /** A link by which the member chooses a new password, as an address to send; good once, for 24 hours. */
  async makeResetLink(organization: string, memberId: string) {
    const path = `${this.in(organization)}/members/${encodeURIComponent(memberId)}/reset-link`;
    const { url, expiresAt } = api.ResetLinkBody.required().parse(await this.call('POST', path));
    return { url: new URL(url, this.apiUrl).href, expiresAt };
  }

  /** Mails such a link to the member's account. */
  async mailResetLink(organization: string, memberId: string): Promise<void> {
    const path = `${this.in(organization)}/members/${encodeURIComponent(memberId)}/reset-link`;
    await this.call('POST', path, { body: { method: 'email' } });
  }

  /** Has a reset link mailed to who has this login; whether anybody has is not told. */
  async requestReset(login: string, organization?: string): Promise<void> {
    const body = { login, ...(organization && { organization }) };
    await this.call('POST', '/public/resets/request', { body, authenticated: false });
  }

  /** What an organization asks of those who register. @throws ApiError `not_found` where nobody can */
  async registrationForm(organization: string) {
    const path = `/public/registration/${encodeURIComponent(organization)}`;
    return api.RegistrationForm.parse(await this.call('GET', path, { authenticated: false }));
  }

  /** Proves to be on the roster; the invitation then comes by mail. Whether it does is not told. */
  async register(organization: string, values: Record<string, string>): Promise<void> {
    const body = { organization, values };
    await this.call('POST', '/public/register', { body, authenticated: false });
  }

  /** What a reset link is for. @param token what stands behind the link's `#` */
  async inspectReset(token: string) {
    const options = { body: { token }, authenticated: false };
    return api.ResetLinkView.parse(await this.call('POST', '/public/resets/inspect', options));
  }

  /** Chooses a new password by a reset link. */
  async completeReset(token: string, newPassword: string): Promise<void> {
    const body = { token, newPassword };
    await this.call('POST', '/public/resets/complete', { body, authenticated: false });
  }

  /** Invites a member, or once more; with the method `link` the answer has an address to send, shown this once. */
  async invite(organization: string, memberId: string, method: 'link' | 'email') {
    const answer = await this.call('POST', this.#invitePath(organization, memberId), { body: { method } });
    const { url, ...made } = api.InviteResult.parse(answer);
    return { ...made, ...(url !== undefined && { url: new URL(url, this.apiUrl).href }) };
  }

  async revokeInvitation(organization: string, memberId: string) {
    return api.MemberDetails.parse(await this.call('DELETE', this.#invitePath(organization, memberId)));
  }

  /** Who has not joined, by name, with their invitations, read page by page as they are asked for. */
  invitations(organization: string, query: { q?: string; state?: string; limit?: number } = {}) {
    return this.pages(`${this.in(organization)}/invitations`, api.InvitationBody, query);
  }

  /** Mails these members, or all who have not joined, one more round, as a job. */
  async sendInvitations(organization: string, whom: readonly string[] | 'all'): Promise<BulkJob> {
    const path = `${this.in(organization)}/invitations`;
    const answer =
      whom === 'all'
        ? await this.call('POST', `${path}/send-all`)
        : await this.call('POST', `${path}/send`, { body: { ids: whom } });
    return api.BulkJobBody.parse(answer);
  }

  /** What an invitation's link is for. @param token what stands behind the link's `#` */
  async inspectInvitation(token: string) {
    const options = { body: { token }, authenticated: false };
    return api.InvitationView.parse(await this.call('POST', '/public/invitations/inspect', options));
  }

  /** Joins with a new account by an invitation, and is signed in then. */
  async acceptInvitation(token: string, username: string, password: string): Promise<void> {
    const body = { token, username, password };
    this.#takeTokens(await this.call('POST', '/public/invitations/accept', { body, authenticated: false }));
  }

  /** Joins with the account that is signed in. Without a username it keeps the one it has elsewhere. */
  async joinByInvitation(token: string, username?: string) {
    const body = { token, ...(username !== undefined && { username }) };
    return api.JoinedMembership.parse(await this.call('POST', '/me/invitations/accept', { body }));
  }

  async declineInvitation(token: string): Promise<void> {
    await this.call('POST', '/public/invitations/decline', { body: { token }, authenticated: false });
  }

  /** Asks for a fresh link in place of an expired one; nothing tells whether one is mailed. */
  async renewInvitation(token: string): Promise<void> {
    await this.call('POST', '/public/invitations/renew', { body: { token }, authenticated: false });
  }

  #invitePath(organization: string, memberId: string): string {
    return `${this.in(organization)}/members/${encodeURIComponent(memberId)}/invite`;
  }

  /** Signs the account out everywhere. */
  async signOut(): Promise<void> {
    await this.call('DELETE', '/sessions');
    this.#tokens = undefined;
  }

  async me() {
    return api.Me.parse(await this.call('GET', '/me'));
  }

  /** The API's path of an organization, to add to: `client.in('acme') + '/members'`. */
  in(organization: string): string {
    return `/orgs/${encodeURIComponent(organization)}`;
  }

  async schema(organization: string) {
    return api.RosterSchemaBody.parse(await this.call('GET', `${this.in(organization)}/schema`));
  }

  /** Replaces the roster schema if it is still the one that was read as `version`. */
  async putSchema(organization: string, columns: readonly unknown[], version: number) {
    const headers = { 'if-match': `"${version}"` };
    const path = `${this.in(organization)}/schema`;
    return api.RosterSchemaBody.parse(await this.call('PUT', path, { body: { columns }, headers }));
  }

  async summary(organization: string) {
    return api.Summary.parse(await this.call('GET', `${this.in(organization)}/members/summary`));
  }

  /** The members in the order of their names, read page by page as they are asked for. */
  members(organization: string, query: { q?: string; status?: string; limit?: number } = {}) {
    return this.pages(`${this.in(organization)}/members`, api.MemberBody, query);
  }

  async createImport(organization: string, input: ImportInput) {
    return api.ImportTicket.parse(
      await this.call('POST', `${this.in(organization)}/imports`, { body: input }),
    );
  }

  /** Sends a file from disk, as it is read, by the presigned POST of an import's ticket. */
  async uploadFile(upload: z.infer<typeof api.ImportTicket>['upload'], path: string): Promise<void> {
    await this.upload(upload, await openAsBlob(path), basename(path));
  }

  /** Sends bytes by a presigned POST. @throws ApiError with what S3 said. */
  async upload(
    upload: z.infer<typeof api.ImportTicket>['upload'],
    file: Blob,
    fileName: string,
  ): Promise<void> {
    const form = new FormData();
    for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
    // S3 ignores every field after the file.
    form.append('file', file, fileName);
    const response = await fetch(upload.url, { method: 'POST', body: form });
    const text = await response.text();
    if (response.ok) return;
    const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
    const reason = element('Message') || `status ${response.status}`;
    throw new ApiError(`The upload was refused: ${reason}`, response.status, element('Code'));
  }

  /** A form that takes one file of the organization whose feed key this is. */
  async feedUpload(key: string, fileName: string) {
    const headers = { authorization: `Bearer ${key}` };
    return api.FeedUploadTicket.parse(
      await this.call('POST', '/public/feeds/uploads', { body: { fileName }, headers, authenticated: false }),
    );
  }

  async import(organization: string, importId: string): Promise<ImportJob> {
    return api.ImportBody.parse(await this.call('GET', this.#pathOf(organization, importId)));
  }

  /**
   * Asks until the import has ended or waits for an admin ({@link isWaiting}).
   * @throws Error after the deadline.
   */
  async waitForImport(organization: string, importId: string, options: WaitOptions = {}): Promise<ImportJob> {
    const { deadlineSeconds = 600, onProgress, signal } = options;
    const deadline = performance.now() + deadlineSeconds * 1_000;
    let pause = pollMilliseconds.first;
    let told = '';
    while (performance.now() < deadline) {
      const job = await this.import(organization, importId);
      const news = JSON.stringify(job);
      if (news !== told) onProgress?.(job);
      pause = news === told ? Math.min(pause * 1.5, pollMilliseconds.most) : pollMilliseconds.first;
      told = news;
      if (job.status !== 'in_progress' || isWaiting(job)) return job;
      await wait(pause, undefined, { signal });
    }
    throw new Error(`The import ${importId} has not ended within ${deadlineSeconds} seconds; it goes on.`);
  }

  async approve(organization: string, importId: string, approval: z.infer<typeof api.Approval> = {}) {
    const path = `${this.#pathOf(organization, importId)}/approve`;
    return api.ImportBody.parse(await this.call('POST', path, { body: approval }));
  }

  /** What the headers of an import's file seem to mean; `as` reads its beginning in another way. */
  async mapping(organization: string, importId: string, as: z.infer<typeof api.MappingQuery> = {}) {
    const path = `${this.#pathOf(organization, importId)}/mapping`;
    return api.ProposedMapping.parse(await this.call('GET', path, { query: as }));
  }

  /** Says what they mean, of an import that waits for it. */
  async chooseMapping(organization: string, importId: string, body: z.input<typeof api.MappingInput>) {
    const path = `${this.#pathOf(organization, importId)}/mapping`;
    return api.ImportBody.parse(await this.call('PUT', path, { body }));
  }

  savedMappings(organization: string, query: { limit?: number } = {}) {
    return this.pages(`${this.in(organization)}/mappings`, api.SavedMappingBody, query);
  }

  async deleteMapping(organization: string, mappingId: string): Promise<void> {
    await this.call('DELETE', `${this.in(organization)}/mappings/${encodeURIComponent(mappingId)}`);
  }

  async cancel(organization: string, importId: string) {
    return api.ImportBody.parse(await this.call('POST', `${this.#pathOf(organization, importId)}/cancel`));
  }

  async undo(organization: string, importId: string) {
    return api.ImportBody.parse(await this.call('POST', `${this.#pathOf(organization, importId)}/undo`));
  }

  changes(organization: string, importId: string, query: { kind?: string; limit?: number } = {}) {
    return this.pages(
      `${this.#pathOf(organization, importId)}/changes`,
      api.ChangeList.shape.items.element,
      query,
    );
  }

  rejects(organization: string, importId: string) {
    return this.pages(`${this.#pathOf(organization, importId)}/rejects`, api.RejectList.shape.items.element);
  }

  /** Starts a job on members named, on those that match a filter, or on all. */
  async bulk(organization: string, input: Omit<BulkInput, 'dryRun'>): Promise<BulkJob> {
    return api.BulkJobBody.parse(await this.call('POST', this.#bulkPath(organization), { body: input }));
  }

  /** Counts on whom such a job would act; nothing is changed. */
  async previewBulk(organization: string, input: Omit<BulkInput, 'dryRun'>) {
    const body = { ...input, dryRun: true };
    return api.BulkPreview.parse(await this.call('POST', this.#bulkPath(organization), { body }));
  }

  /** Takes the account from everybody who joined. @param email the caller's own */
  async clearUsernames(organization: string, email: string): Promise<BulkJob> {
    const path = `${this.in(organization)}/clear-usernames`;
    return api.BulkJobBody.parse(await this.call('POST', path, { body: { email } }));
  }

  /** Imports, exports and actions on many members, newest first. */
  jobs(organization: string, query: { limit?: number } = {}) {
    return this.pages(`${this.in(organization)}/jobs`, api.JobBody, query);
  }

  async job(organization: string, jobId: string): Promise<BulkJob> {
    return api.BulkJobBody.parse(await this.call('GET', this.#jobPath(organization, jobId)));
  }

  /** What became of each member, in the order of the work. */
  jobResults(organization: string, jobId: string, query: { outcome?: string; limit?: number } = {}) {
    const path = `${this.#jobPath(organization, jobId)}/results`;
    return this.pages(path, api.BulkResultList.shape.items.element, query);
  }

  /** Stops a job, goes on with it, or takes it back by a new one, which is the answer. */
  async changeJob(
    organization: string,
    jobId: string,
    how: 'cancel' | 'resume' | 'undo',
    body?: z.input<typeof api.BulkResume>,
  ): Promise<BulkJob> {
    const path = `${this.#jobPath(organization, jobId)}/${how}`;
    return api.BulkJobBody.parse(await this.call('POST', path, { body }));
  }

  /**
   * Asks until a job has ended.
   * @throws Error after the deadline.
   */
  async waitForJob(
    organization: string,
    jobId: string,
    { deadlineSeconds = 600, signal }: Omit<WaitOptions, 'onProgress'> = {},
  ): Promise<BulkJob> {
    const deadline = performance.now() + deadlineSeconds * 1_000;
    while (performance.now() < deadline) {
      const job = await this.job(organization, jobId);
      if (job.state !== 'collecting' && job.state !== 'running') return job;
      await wait(pollMilliseconds.first, undefined, { signal });
    }
    throw new Error(`The job ${jobId} has not ended within ${deadlineSeconds} seconds; it goes on.`);
  }

  /** Starts an export of the roster. */
  async startExport(organization: string, input: z.input<typeof api.ExportInput>): Promise<RosterExport> {
    const path = `${this.in(organization)}/exports`;
    return api.ExportBody.parse(await this.call('POST', path, { body: input }));
  }

  async export(organization: string, exportId: string): Promise<RosterExport> {
    return api.ExportBody.parse(await this.call('GET', this.#exportPath(organization, exportId)));
  }

  exports(organization: string, query: { limit?: number } = {}) {
    return this.pages(`${this.in(organization)}/exports`, api.ExportBody, query);
  }

  async changeExport(
    organization: string,
    exportId: string,
    how: 'cancel' | 'resume',
  ): Promise<RosterExport> {
    const path = `${this.#exportPath(organization, exportId)}/${how}`;
    return api.ExportBody.parse(await this.call('POST', path));
  }

  /**
   * Asks until an export has ended.
   * @throws Error after the deadline.
   */
  async waitForExport(
    organization: string,
    exportId: string,
    { deadlineSeconds = 600, signal, onProgress }: ExportWaitOptions = {},
  ): Promise<RosterExport> {
    const deadline = performance.now() + deadlineSeconds * 1_000;
    while (performance.now() < deadline) {
      const job = await this.export(organization, exportId);
      onProgress?.(job);
      if (job.status !== 'in_progress') return job;
      await wait(pollMilliseconds.first, undefined, { signal });
    }
    throw new Error(`The export ${exportId} has not ended within ${deadlineSeconds} seconds; it goes on.`);
  }

  /** A link to the file of an export; it works for some minutes. */
  async linkToExport(organization: string, exportId: string): Promise<string> {
    const answer = await this.call('GET', `${this.#exportPath(organization, exportId)}/file`);
    return api.Download.parse(answer).url;
  }

  /** A link to the result of every row, or to the original file; it works for some minutes. */
  async linkTo(
    organization: string,
    importId: string,
    what: 'report' | 'file',
    query: Record<string, string> = {},
  ): Promise<string> {
    const answer = await this.call('GET', `${this.#pathOf(organization, importId)}/${what}`, { query });
    return api.Download.parse(answer).url;
  }

  /** The items of a list, following `nextCursor` as far as they are asked for. */
  async *pages<T extends z.ZodType>(
    path: string,
    item: T,
    query: Record<string, string | number | undefined> = {},
  ): AsyncGenerator<z.infer<T>, void, undefined> {
    const list = z.object({ items: z.array(item), nextCursor: z.string().optional() });
    let cursor: string | undefined;
    do {
      const page = list.parse(await this.call('GET', path, { query: { limit: 200, ...query, cursor } }));
      yield* page.items;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  /**
   * Makes one call and gives its body, undefined if there is none.
   * @param path below `/api/v1`.
   * @throws ApiError if the status is not a success.
   */
  async call(method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    const response = await this.send(method, path, options);
    const text = await response.text();
    if (!response.ok) throw problemOf(response, text);
    return text === '' ? undefined : parsed(text);
  }

  /** Makes one call and gives the answer as it is, whatever its status. */
  async send(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const first = await this.#fetch(method, path, options);
    if (options.authenticated === false || !(await isTokenRefused(first))) return first;
    if (this.#tokens?.refreshToken === undefined) return first;
    if (!(await this.#refresh(this.#tokens.refreshToken))) return first;
    await first.body?.cancel();
    return this.#fetch(method, path, options);
  }

  #fetch(method: string, path: string, options: CallOptions): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
    if (options.authenticated !== false && this.#tokens)
      headers.authorization = `Bearer ${this.#tokens.accessToken}`;
    const url = new URL(`${this.apiUrl}${path}`);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    if (options.body === undefined) return fetch(url, { method, headers });
    headers['content-type'] = 'application/json';
    return fetch(url, { method, headers, body: JSON.stringify(options.body) });
  }

  /** Exchanges the refresh token; false if it is not taken any more. */
  async #refresh(refreshToken: string): Promise<boolean> {
    const options = { body: { refreshToken }, authenticated: false };
    const answer = await this.#fetch('POST', '/sessions/refresh', options);
    const text = await answer.text();
    if (answer.status === 401) return false;
    if (!answer.ok) throw problemOf(answer, text);
    this.#tokens = { refreshToken, ...api.Tokens.parse(parsed(text)) };
    return true;
  }

  #takeTokens(answer: unknown): void {
    const challenge = api.Challenge.safeParse(answer);
    if (challenge.success) {
      const { challenge: asked, session } = challenge.data;
      throw asked === 'SOFTWARE_TOKEN_MFA' ? new CodeRequired(session) : new NewPasswordRequired(session);
    }
    this.#tokens = api.Tokens.parse(answer);
  }

  #bulkPath(organization: string): string {
    return `${this.in(organization)}/members/bulk`;
  }

  #jobPath(organization: string, jobId: string): string {
    return `${this.in(organization)}/jobs/${encodeURIComponent(jobId)}`;
  }

  #exportPath(organization: string, exportId: string): string {
    return `${this.in(organization)}/exports/${encodeURIComponent(exportId)}`;
  }

  #pathOf(organization: string, importId: string): string {
    return `${this.in(organization)}/imports/${encodeURIComponent(importId)}`;
  }
}

/**
 * Whether an answer says that the token is not taken: the gateway answers so itself, with 401 or 403 and no problem
 * (an HTTP API cannot word the refusal of its authorizer), and an expired token looks like any other. A wrong
 * password or code is a problem of its own, and must not be given twice.
 */
async function isTokenRefused(response: Response): Promise<boolean> {
  if (!refusals.includes(response.status)) return false;
  const problem = api.Problem.safeParse(parsed(await response.clone().text()));
  return !problem.success || problem.data.code === 'unauthenticated';
}

const refusals = [401, 403];

/** Whether an import waits for an admin, to approve its plan or to say what the headers of its file mean. */
export function isWaiting(job: Pick<ImportJob, 'status' | 'step' | 'approval' | 'mappingChoice'>): boolean {
  if (job.status !== 'in_progress') return false;
  return (
    (job.step === 'review' && job.approval === undefined) ||
    (job.step === 'mapping' && job.mappingChoice === undefined)
  );
}

function problemOf(response: Response, text: string): ApiError {
  const problem = api.Problem.safeParse(parsed(text));
  if (!problem.success && refusals.includes(response.status)) {
    return new ApiError('The session has ended, or it may not do this. Sign in again.', response.status, '');
  }
  if (!problem.success) {
    return new ApiError(
      `${new URL(response.url).pathname} answered ${response.status}.`,
      response.status,
      '',
    );
  }
  const { detail, code, places = [] } = problem.data;
  const where = places.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new ApiError(where === '' ? detail : `${detail} ${where}`, response.status, code, places);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
