import type { ComponentType } from 'react';
import type { Permission } from 'roster/domain/permissions';

/** A page within an organization: `/orgs/<org>/<path>`. Its module is loaded when it is first opened. */
export interface AreaPage {
  path: string;
  /** Who may open it. */
  needs: Permission;
  load: () => Promise<{ default: ComponentType }>;
}

/** A link in the list of pages, for those who may open it. */
export interface AreaLink {
  path: string;
  needs: Permission;
  /** A key of the texts. */
  text: string;
}

/** Pages that belong together, and the links that lead there. */
export interface Area {
  pages: readonly AreaPage[];
  links: readonly AreaLink[];
}
