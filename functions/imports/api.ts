import { MusterError } from 'roster/domain/errors';
import { fileKeptDays, type Import, noCounts } from 'roster/domain/import';
import { isPurged } from 'roster/domain/import-actions';
import type { HeaderChoice } from 'roster/domain/mapping';
import { type Level, mayDo } from 'roster/domain/permissions';
import type { ImportRef } from 'roster/domain/ports';
import { makeFeedKey, revokeFeedKey, takeFeedUpload } from 'roster/lambda/feed-keys';
import { actorOf, type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { downloadTtlSeconds, type ImportDeps, importDeps } from 'roster/lambda/import-deps';
import { chooseMapping, proposeMapping } from 'roster/pipeline/mapping';
import { listed, present } from 'roster/pipeline/present';
import { isBeingReplanned, replan } from 'roster/pipeline/replan';
import { resume } from 'roster/pipeline/resume';
import {
  approve,
  cancel,
  listChanges,
  listRejects,
  select,
  selectionOf,
  withdrawApproval,
} from 'roster/pipeline/review';
import { requestUndo } from 'roster/pipeline/undo';

const refOf = ({ org, importId }: { org: string; importId: string }): ImportRef => ({
  organization: org,
  importId,
});

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
      uploaderAccount: caller.account,
      createdAt: at,
      updatedAt: at,
      counts: noCounts,
      version: 1,
    };
    await deps.imports.create(params.org, job);
    const upload = await deps.uploadForm({ organization: params.org, importId: job.importId });
    return { status: 201, body: { importId: job.importId, upload } };
  },

  async listImports({ params, query, caller }, deps) {
    const { items, ...rest } = await deps.imports.page(params.org, query);
    const now = deps.clock();
    return { status: 200, body: { items: items.map((job) => listed(job, caller.level, now)), ...rest } };
  },

  async getUnfinishedImport({ params, caller }, deps) {
    const job = await deps.imports.unfinished(params.org, deps.clock());
    if (job === undefined) return { status: 200, body: {} };
    const ref = { organization: params.org, importId: job.importId };
    return { status: 200, body: { import: await present(deps, ref, job, caller) } };
  },

  async getImport({ params, caller }, deps) {
    const ref = refOf(params);
    return { status: 200, body: await present(deps, ref, await deps.imports.get(ref), caller) };
  },

  async listChanges({ params, query }, deps) {
    return { status: 200, body: await listChanges(deps, refOf(params), query) };
  },

  async listRejects({ params, query }, deps) {
    return { status: 200, body: await listRejects(deps, refOf(params), query) };
  },

  async getMapping({ params, query }, deps) {
    return { status: 200, body: await proposeMapping(deps, refOf(params), query) };
  },

  async chooseMapping({ params, body, ...call }, deps) {
    const ref = refOf(params);
    requireSchemaWrite(call.caller.level, Object.values(body.columns));
    const job = await chooseMapping(deps, ref, actorOf(call), body);
    await deps.machine.map(ref);
    return { status: 202, body: await present(deps, ref, job, call.caller) };
  },

  async listMappings({ params, query }, deps) {
    return { status: 200, body: await deps.savedMappings.page(params.org, query) };
  },

  async deleteMapping({ params, ...call }, deps) {
    await deps.savedMappings.delete(params.org, params.mappingId, ({ headers }) => ({
      action: 'mapping.delete',
      actor: actorOf(call),
      subject: params.mappingId,
      before: { headers },
    }));
    return { status: 204 };
  },

  async listFeedKeys({ params }, { feeds }) {
    return { status: 200, body: { items: await feeds.keys(params.org) } };
  },

  async addFeedKey({ params, body, ...call }, deps) {
    return { status: 201, body: await makeFeedKey(deps, params.org, actorOf(call), body.name) };
  },

  async revokeFeedKey({ params, ...call }, deps) {
    await revokeFeedKey(deps, params.org, actorOf(call), params.keyId);
    return { status: 204 };
  },

  async feedUpload({ body, accessToken }, deps) {
    return { status: 201, body: await takeFeedUpload(deps, accessToken(), body.fileName) };
  },

  async approveImport({ params, body, ...call }, deps) {
    const ref = refOf(params);
    const { job, parts } = await approve(deps, ref, actorOf(call), body);
    if (parts !== undefined) await deps.machine.resume(ref, parts);
    return { status: 202, body: await present(deps, ref, job, call.caller) };
  },

  async withdrawApproval({ params, ...call }, deps) {
    const ref = refOf(params);
    const job = await withdrawApproval(deps, ref, actorOf(call));
    return { status: 200, body: await present(deps, ref, job, call.caller) };
  },

  async getSelection({ params, caller }, deps) {
    const ref = refOf(params);
    const shown = await present(deps, ref, await deps.imports.get(ref), caller);
    return { status: 200, body: { ...(await selectionOf(deps, ref)), import: shown } };
  },

  async putSelection({ params, body: { kinds, exclude, planVersion }, caller }, deps) {
    const ref = refOf(params);
    const job = await select(deps, ref, { kinds, exclude, planVersion, by: caller.login });
    return { status: 200, body: { kinds, exclude, import: await present(deps, ref, job, caller) } };
  },

  async resumeImport({ params, ...call }, deps) {
    const ref = refOf(params);
    const { job, parts } = await resume(deps, ref, actorOf(call));
    if (parts !== undefined) await deps.machine.resume(ref, parts, job.resumed);
    // One whose way back from review was lost goes on as well.
    else if (isBeingReplanned(job)) {
      await deps.machine.replan(ref, { parts: job.parts ?? [], planVersion: job.planVersion ?? 1 });
    }
    return { status: 202, body: await present(deps, ref, job, call.caller) };
  },

  async replanImport({ params, ...call }, deps) {
    const ref = refOf(params);
    const job = await replan(deps, ref, actorOf(call));
    const { parts = [], planVersion = 1 } = job;
    await deps.machine.replan(ref, { parts, planVersion });
    return { status: 202, body: await present(deps, ref, job, call.caller) };
  },

  async cancelImport({ params, ...call }, deps) {
    const ref = refOf(params);
    const job = await cancel(deps, ref, actorOf(call));
    return { status: 200, body: await present(deps, ref, job, call.caller) };
  },

  async undoImport({ params, ...call }, deps) {
    const job = await requestUndo(deps, refOf(params), actorOf(call));
    const ref = { organization: params.org, importId: job.importId };
    await deps.machine.undo(ref);
    return { status: 201, body: await present(deps, ref, job, call.caller) };
  },

  async getImportReport({ params, query: { rows, format } }, deps) {
    const ref = refOf(params);
    const { counts, status } = await deps.imports.get(ref);
    if (rows === 'rejects' && status !== 'in_progress' && counts.rejected === 0) {
      throw new MusterError('no_rejects', 'No row was rejected, so there is nothing to correct.');
    }
    const name = rows === 'all' ? 'report' : 'rejects';
    const url = await deps.downloadLink(ref, { rows, format }, `${name}-${ref.importId}.${format}`);
    return { status: 200, body: { url, expiresInSeconds: downloadTtlSeconds } };
  },

  async getImportFile({ params }, deps) {
    const ref = refOf(params);
    const job = await deps.imports.get(ref);
    if (job.kind === 'undo') throw new MusterError('not_found', 'An undo has no file.');
    if (isPurged(job, deps.clock())) {
      const message = `The file was kept for ${fileKeptDays} days and is gone. Its hash and counts stay with the import.`;
      throw new MusterError('file_purged', message);
    }
    const url = await deps.downloadLink(ref, 'file', job.fileName);
    return { status: 200, body: { url, expiresInSeconds: downloadTtlSeconds } };
  },
};

/** Keeping a header changes the roster schema. @throws MusterError `forbidden` */
function requireSchemaWrite(level: Level, choices: readonly HeaderChoice[]): void {
  if (mayDo(level, 'schema.write') || !choices.some((choice) => 'keep' in choice)) return;
  throw new MusterError(
    'forbidden',
    'Keeping a column adds it to the roster schema, which you may not change.',
  );
}

export const handler = httpFunction('imports', handlers, importDeps);
