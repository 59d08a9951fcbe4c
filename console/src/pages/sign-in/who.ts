/** Who signs in, kept while challenges are answered. */
export interface Who {
  organization: string;
  login: string;
}

/** As the API takes it. */
export function namesOf({ organization, login }: Who) {
  return { login: login.trim(), ...(organization.trim() && { organization: organization.trim() }) };
}
