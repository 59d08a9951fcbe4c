import type { Import } from '../../api/schema.ts';

/** Where a file is uploaded once more in the way that an earlier one was. */
export function againPath(
  org: string,
  { mode, onRowErrors, approve, mapping }: Pick<Import, 'mode' | 'onRowErrors' | 'approve' | 'mapping'>,
): string {
  const query = new URLSearchParams({ mode, onRowErrors, approve, ...(mapping && { mapping }) });
  return `/orgs/${org}/imports/new?${query}`;
}
