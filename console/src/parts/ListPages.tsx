import Pagination from '@cloudscape-design/components/pagination';
import type { CursorPages } from './cursorPages.ts';

interface ListPagesProps {
  pages: CursorPages;
  /** Where the next page begins; undefined on the last one. */
  next: string | undefined;
  disabled?: boolean;
}

/** The pages of a list, as far as they are known. */
export function ListPages({ pages, next, disabled = false }: ListPagesProps) {
  return (
    <Pagination
      currentPageIndex={pages.number}
      pagesCount={pages.known(next)}
      openEnd={next !== undefined}
      disabled={disabled}
      onChange={({ detail }) => pages.go(detail.currentPageIndex, next)}
    />
  );
}

/** For a list that mostly has one page: nothing while there is no other. */
export function listPages(pages: CursorPages, next: string | undefined) {
  return (pages.number > 1 || next !== undefined) && <ListPages pages={pages} next={next} />;
}
