/** What the pages of links from mails have in common: a token, and a first look at what it is for. */
import { button, choices, show, text, wordsOf } from './page.js';

/** For an address without a token: mail programs sometimes cut links. */
export function showMissing() {
  show('link.missing.heading', {}, text('p', 'link.missing.text'));
}

/**
 * Looks at a link, which changes nothing, and shows what it is for. Where that fails for another reason than the link,
 * the person may try again.
 * @param {() => Promise<unknown>} look
 * @param {Record<string, () => void>} ends what to show by the code of the error
 */
export async function inspect(look, ends) {
  try {
    await look();
  } catch (error) {
    const end = ends[error.code];
    if (end) return end();
    const again = button('link.failed.again', () => inspect(look, ends), { look: 'main' });
    show('link.failed.heading', {}, text('p', ...wordsOf(error)), choices(again));
  }
}
