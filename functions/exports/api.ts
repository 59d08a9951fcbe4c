import { exportLinkTtlSeconds } from 'roster/domain/export';
import { isBounded } from 'roster/domain/permissions';
import { type Deps, deps } from 'roster/lambda/deps';
import {
  cancelExport,
  exportBody,
  findExport,
  linkToExport,
  resumeExport,
  startExport,
} from 'roster/lambda/exports';
import { actorOf, type Call, type HttpHandlers, httpFunction } from 'roster/lambda/http';

const handlers: HttpHandlers<'exports', Deps> = {
  async startExport({ params, body, ...call }, all) {
    return { status: 202, body: exportBody(await startExport(all, params.org, actorOf(call), body)) };
  },

  async listExports({ params, query, caller }, { exports }) {
    const own = isBounded(caller.level) ? { account: caller.account } : {};
    const { items, ...page } = await exports.page(params.org, { ...query, ...own });
    return { status: 200, body: { ...page, items: items.map(exportBody) } };
  },

  async getExport({ params, caller }, all) {
    return { status: 200, body: exportBody(await findExport(all, caller, params.exportId)) };
  },

  async getExportFile({ params, ...call }, all) {
    const job = await findExport(all, call.caller, params.exportId);
    const url = await linkToExport(all, { organization: params.org, acting: actorOf(call) }, job);
    return { status: 200, body: { url, expiresInSeconds: exportLinkTtlSeconds } };
  },

  async cancelExport(call, all) {
    return { status: 200, body: exportBody(await cancelExport(all, await exportCallOf(call, all))) };
  },

  async resumeExport(call, all) {
    return { status: 202, body: exportBody(await resumeExport(all, await exportCallOf(call, all))) };
  },
};

/** @throws MusterError `not_found` for an export that the caller may not see */
async function exportCallOf(
  { params, ...call }: Pick<Call<'cancelExport'>, 'params' | 'caller' | 'origin'>,
  all: Deps,
) {
  await findExport(all, call.caller, params.exportId);
  return { organization: params.org, exportId: params.exportId, acting: actorOf(call) };
}

/** Exports of the roster, as jobs. */
export const handler = httpFunction('exports', handlers, deps);
