/** `/unsubscribe#<token>`: no more reminders of an invitation, once the person says so. */
import './faults.js';
import { call } from './api.js';
import { tokenOf } from './link.js';
import { showMissing } from './linkPage.js';
import { begin, button, choices, show, text } from './page.js';

const token = tokenOf(location.hash);

/** The address that mail programs call by themselves has the token in its query (RFC 8058), so this one has too. */
async function unsubscribe() {
  try {
    await call('POST', `/public/reminders/unsubscribe?token=${encodeURIComponent(token)}`);
  } catch (error) {
    if (error.status !== 410 && error.status !== 404) throw error;
    return show('unsubscribe.void.heading', {}, text('p', 'unsubscribe.void.text'));
  }
  show('unsubscribe.done.heading', {}, text('p', 'unsubscribe.done.text'));
}

function ask() {
  const stop = button('unsubscribe.submit', unsubscribe, { look: 'main' });
  show('unsubscribe.heading', {}, text('p', 'unsubscribe.text'), choices(stop));
}

await begin(token ? ask : showMissing);
