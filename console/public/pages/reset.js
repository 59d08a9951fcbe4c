/** `/reset#<token>`: a new password by a link. */
import './faults.js';
import { call } from './api.js';
import { field, form, newPasswordFields } from './form.js';
import { tokenOf } from './link.js';
import { inspect, showMissing } from './linkPage.js';
import { begin, choices, forgetLink, link, show, text } from './page.js';
import { forgottenForm } from './signIn.js';

const token = tokenOf(location.hash);
const ends = {
  link_expired: () => showEnd('reset.expired.heading'),
  link_invalid: () => showEnd('reset.void.heading', text('p', 'reset.void.text')),
};

function showEnd(heading, ...why) {
  show(heading, {}, ...why, text('p', 'reset.again'), forgottenForm());
}

async function look() {
  const { name, username, expiresAt } = await call('POST', '/public/resets/inspect', { token });
  const known = field({
    name: 'username',
    label: 'field.username',
    value: username,
    readOnly: true,
    autocomplete: 'username',
    isOptional: true,
  });
  const send = async ({ newPassword }) => {
    try {
      await call('POST', '/public/resets/complete', { token, newPassword });
    } catch (error) {
      const end = ends[error.code];
      if (!end) throw error;
      return end();
    }
    forgetLink();
    show('reset.done.heading', {}, text('p', 'reset.done.text'), choices(link('/account', 'signin.link')));
  };
  show(
    'reset.heading',
    {},
    text('p', 'reset.intro', { login: username, name }),
    text('p', 'reset.until', { until: { at: expiresAt } }, { className: 'hint' }),
    form({
      fields: [known, ...newPasswordFields()],
      submit: 'reset.submit',
      send,
      places: { invalid_password: 'newPassword' },
    }),
  );
}

await begin(() => (token ? inspect(look, ends) : showMissing()));
