/**
 * The HTTP API as data (design section 6): from this table come API Gateway's routes, the permission that each
 * call needs, the checks of what comes in, and the OpenAPI document.
 */
import type * as z from 'zod';
import * as shapes from './api.ts';
import type { Permission } from './permissions.ts';

export const areas = ['access', 'organization', 'imports', 'roster'] as const;
/** The function that serves a route: `functions/<area>/api.ts`. */
export type Area = (typeof areas)[number];

/** Who may call: anybody, any signed-in account, or a membership whose level carries the permission. */
export type Access = 'public' | 'account' | Permission;

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  area: Area;
  access: Access;
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Success statuses and their JSON bodies; `null` is an empty body. */
  responses: Record<number, z.ZodType | null>;
}

const api = '/api/v1';
const org = `${api}/orgs/{org}`;
const one = `${org}/imports/{importId}`;
const P = shapes.Params;

export const routes = {
  config: {
    method: 'GET',
    path: '/config.json',
    area: 'access',
    access: 'public',
    summary: 'What a client needs to know to use this installation.',
    responses: { 200: shapes.Config },
  },
  openapi: {
    method: 'GET',
    path: `${api}/openapi.json`,
    area: 'access',
    access: 'public',
    summary: 'This description, as OpenAPI 3.1.',
    responses: { 200: null },
  },
  signIn: {
    method: 'POST',
    path: `${api}/sessions`,
    area: 'access',
    access: 'public',
    summary: 'Signs in. The answer to an unknown login and a wrong password is the same.',
    body: shapes.SignIn,
    responses: { 200: shapes.Tokens.or(shapes.Challenge) },
  },
  answerChallenge: {
    method: 'POST',
    path: `${api}/sessions/challenge`,
    area: 'access',
    access: 'public',
    summary: 'Answers the challenge of a sign-in.',
    body: shapes.ChallengeAnswer,
    responses: { 200: shapes.Tokens.or(shapes.Challenge) },
  },
  refreshSession: {
    method: 'POST',
    path: `${api}/sessions/refresh`,
    area: 'access',
    access: 'public',
    summary: 'Exchanges a refresh token for a new access token.',
    body: shapes.Refresh,
    responses: { 200: shapes.Tokens },
  },
  signOut: {
    method: 'DELETE',
    path: `${api}/sessions`,
    area: 'access',
    access: 'account',
    summary: 'Signs the account out everywhere, at once.',
    responses: { 204: null },
  },
  me: {
    method: 'GET',
    path: `${api}/me`,
    area: 'access',
    access: 'account',
    summary: 'The account and its memberships.',
    responses: { 200: shapes.Me },
  },
  getOrganization: {
    method: 'GET',
    path: org,
    area: 'organization',
    access: 'organization.read',
    summary: 'The organization and its settings.',
    params: P.org,
    responses: { 200: shapes.Organization },
  },
  updateOrganization: {
    method: 'PATCH',
    path: org,
    area: 'organization',
    access: 'organization.write',
    summary: 'Changes settings. Takes If-Match with the version seen.',
    params: P.org,
    body: shapes.OrganizationPatch,
    responses: { 200: shapes.Organization },
  },
  getSchema: {
    method: 'GET',
    path: `${org}/schema`,
    area: 'organization',
    access: 'schema.read',
    summary: 'The roster schema: the columns of the roster.',
    params: P.org,
    responses: { 200: shapes.RosterSchemaBody },
  },
  putSchema: {
    method: 'PUT',
    path: `${org}/schema`,
    area: 'organization',
    access: 'schema.write',
    summary: 'Replaces the roster schema with a new version. Takes If-Match with the version seen.',
    params: P.org,
    body: shapes.RosterSchemaInput,
    responses: { 200: shapes.RosterSchemaBody },
  },
  getSchemaTemplate: {
    method: 'GET',
    path: `${org}/schema/template`,
    area: 'organization',
    access: 'schema.read',
    summary: 'A sample file made from the roster schema (S0.8).',
    params: P.org,
    query: shapes.TemplateQuery,
    responses: { 200: null },
  },
  createImport: {
    method: 'POST',
    path: `${org}/imports`,
    area: 'imports',
    access: 'imports.write',
    summary: 'Announces an import; the answer holds a presigned POST that takes the file for 10 minutes.',
    params: P.org,
    body: shapes.ImportInput,
    responses: { 201: shapes.ImportTicket },
  },
  listImports: {
    method: 'GET',
    path: `${org}/imports`,
    area: 'imports',
    access: 'imports.read',
    summary: 'The import history, newest first.',
    params: P.org,
    query: shapes.Page,
    responses: { 200: shapes.ImportList },
  },
  getImport: {
    method: 'GET',
    path: one,
    area: 'imports',
    access: 'imports.read',
    summary: 'One import with its status, step and counts.',
    params: P.import,
    responses: { 200: shapes.ImportBody },
  },
  listChanges: {
    method: 'GET',
    path: `${one}/changes`,
    area: 'imports',
    access: 'imports.read',
    summary: 'What the import would change, or has changed, field by field.',
    params: P.import,
    query: shapes.ChangesQuery,
    responses: { 200: shapes.ChangeList },
  },
  listRejects: {
    method: 'GET',
    path: `${one}/rejects`,
    area: 'imports',
    access: 'imports.read',
    summary: 'The rows that could not be taken, in the order of the file.',
    params: P.import,
    query: shapes.Page,
    responses: { 200: shapes.RejectList },
  },
  approveImport: {
    method: 'POST',
    path: `${one}/approve`,
    area: 'imports',
    access: 'imports.write',
    summary: 'Approves the plan, whole, by kind, or without single members.',
    params: P.import,
    body: shapes.Approval,
    responses: { 202: shapes.ImportBody },
  },
  cancelImport: {
    method: 'POST',
    path: `${one}/cancel`,
    area: 'imports',
    access: 'imports.write',
    summary: 'Ends an import that has not started to apply; nothing is changed.',
    params: P.import,
    responses: { 200: shapes.ImportBody },
  },
  getImportReport: {
    method: 'GET',
    path: `${one}/report`,
    area: 'imports',
    access: 'imports.read',
    summary: 'A link to the result of every row.',
    params: P.import,
    responses: { 200: shapes.Download },
  },
  getImportFile: {
    method: 'GET',
    path: `${one}/file`,
    area: 'imports',
    access: 'imports.read',
    summary: 'A link to the original file.',
    params: P.import,
    responses: { 200: shapes.Download },
  },
  listMembers: {
    method: 'GET',
    path: `${org}/members`,
    area: 'roster',
    access: 'members.read',
    summary: 'The roster, ordered by name.',
    params: P.org,
    query: shapes.MembersQuery,
    responses: { 200: shapes.MemberList },
  },
  getMembersSummary: {
    method: 'GET',
    path: `${org}/members/summary`,
    area: 'roster',
    access: 'members.read',
    summary: 'How many members there are, by state.',
    params: P.org,
    responses: { 200: shapes.Summary },
  },
  getMember: {
    method: 'GET',
    path: `${org}/members/{memberId}`,
    area: 'roster',
    access: 'members.read',
    summary: 'One member.',
    params: P.member,
    responses: { 200: shapes.MemberBody },
  },
} as const satisfies Record<string, Route>;

export type OperationId = keyof typeof routes;
