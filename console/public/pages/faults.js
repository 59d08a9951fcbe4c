/** Puts the errors of this page's calls into words. */
import { Refusal } from './api.js';
import { wordErrors } from './page.js';
import { faultKey } from './words.js';

wordErrors((error) => {
  if (error instanceof Refusal) return [faultKey(error.code) ?? 'fault.other'];
  // What `fetch` throws; everything else is a fault of the page.
  return [error instanceof TypeError ? 'fault.unreachable' : 'page.failed'];
});
