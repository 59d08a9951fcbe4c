/** The longest organization id: what a DNS label holds, and what `Params.org` takes. */
export const organizationIdLengthMax = 63;

/**
 * Makes an organization's id from its name: letters and digits without accents, joined by hyphens. `attempt`
 * above 1 is appended, for the case that the id is taken: `acme`, `acme-2`, `acme-3`.
 */
export function organizationIdFrom(name: string, attempt = 1): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  const suffix = attempt > 1 ? `-${attempt}` : '';
  const slug = plain.slice(0, organizationIdLengthMax).replace(/^-+|-+$/g, '') || 'organization';
  return `${slug.slice(0, organizationIdLengthMax - suffix.length).replace(/-+$/, '')}${suffix}`;
}
