import { asOf, type Import, noCounts } from 'roster/domain/import';
import { actorOf, type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { downloadTtlSeconds, type ImportDeps, importDeps } from 'roster/lambda/import-deps';
import { present } from 'roster/pipeline/present';
import { approve, cancel, listChanges, listRejects } from 'roster/pipeline/review';

const handlers: HttpHandlers<'imports', ImportDeps> = {
  async createImport({ params, body, caller }, deps) {
    const { importDefaults } = await deps.organizations.get(params.org);
    const at = deps.clock().toISOString();
    const job: Import = {
      ...importDefaults,
      ...body,
      importId: deps.newId(),
      status: 'in_progress',
      step: 'awaiting_upload',
      uploadedBy: caller.login,
      createdAt: at,
      updatedAt: at,
      counts: noCounts,
      version: 1,
    };
    await deps.imports.create(params.org, job);
    const upload = await deps.uploadForm({ organization: params.org, importId: job.importId });
    return { status: 201, body: { importId: job.importId, upload } };
  },

  async listImports({ params, query }, deps) {
    const jobs = await deps.imports.list(params.org, query.limit, query.cursor);
    const now = deps.clock();
    const last = jobs.length === query.limit ? jobs.at(-1)?.importId : undefined;
    return {
      status: 200,
      body: { items: jobs.map((job) => asOf(job, now)), ...(last !== undefined && { nextCursor: last }) },
    };
  },

  async getImport({ params }, deps) {
    const ref = { organization: params.org, importId: params.importId };
    return { status: 200, body: await present(deps, ref, await deps.imports.get(ref)) };
  },

  async listChanges({ params, query }, deps) {
    const ref = { organization: params.org, importId: params.importId };
    return { status: 200, body: await listChanges(deps, ref, query) };
  },

  async listRejects({ params, query }, deps) {
    const ref = { organization: params.org, importId: params.importId };
    return { status: 200, body: await listRejects(deps, ref, query) };
  },

  async approveImport({ params, body, ...call }, deps) {
    const ref = { organization: params.org, importId: params.importId };
    const { job, parts } = await approve(deps, ref, actorOf(call), body);
    await deps.machine.resume(ref, parts);
    return { status: 202, body: await present(deps, ref, job) };
  },

  async cancelImport({ params, ...call }, deps) {
    const ref = { organization: params.org, importId: params.importId };
    return { status: 200, body: await present(deps, ref, await cancel(deps, ref, actorOf(call))) };
  },

  async getImportReport({ params }, deps) {
    const ref = { organization: params.org, importId: params.importId };
    await deps.imports.get(ref);
    const url = await deps.downloadLink(ref, 'report', `report-${ref.importId}.csv`);
    return { status: 200, body: { url, expiresInSeconds: downloadTtlSeconds } };
  },

  async getImportFile({ params }, deps) {
    const ref = { organization: params.org, importId: params.importId };
    const { fileName } = await deps.imports.get(ref);
    const url = await deps.downloadLink(ref, 'file', fileName);
    return { status: 200, body: { url, expiresInSeconds: downloadTtlSeconds } };
  },
};

export const handler = httpFunction('imports', handlers, importDeps);
