import { answer, api } from '../../api/client.ts';

type Format = 'csv' | 'xlsx';

/** The file that was uploaded; the browser saves it. */
export async function downloadFile(org: string, importId: string): Promise<void> {
  const params = { path: { org, importId } };
  const { url } = await answer(api.GET('/api/v1/orgs/{org}/imports/{importId}/file', { params }));
  save(url);
}

/** What became of every row; of the rejected ones, the rows themselves, to be corrected and imported again. */
export async function downloadReport(
  org: string,
  importId: string,
  query: { format: Format; rows: 'all' | 'rejects' },
): Promise<void> {
  const params = { path: { org, importId }, query };
  const { url } = await answer(api.GET('/api/v1/orgs/{org}/imports/{importId}/report', { params }));
  save(url);
}

/** A sample file made of the roster's columns (S0.8). */
export async function downloadSample(org: string, format: Format): Promise<void> {
  const sample = await answer(
    api.GET('/api/v1/orgs/{org}/schema/template', {
      params: { path: { org }, query: { format } },
      parseAs: 'blob',
    }),
  );
  const url = URL.createObjectURL(sample as unknown as Blob);
  save(url, `${org}-sample.${format}`);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Has the browser save what is at an address; without a name, under the one that the answer says. */
export function save(url: string, name = ''): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}
