/** Signing in within a page, with what may be asked in between, and the way out for who has forgotten the password. */
import { call, keepSession } from './api.js';
import { field, form, hiddenLogin, newPasswordFields } from './form.js';
import { button, choices, link, show, text } from './page.js';

const organizationField = (value) =>
  field({
    name: 'organization',
    label: 'field.organization',
    hint: 'field.organization.hint',
    autocomplete: 'organization',
    value,
  });
const loginField = () => field({ name: 'login', label: 'field.login', autocomplete: 'username' });
const codeField = () =>
  field({
    name: 'code',
    label: 'field.code',
    hint: 'field.code.hint',
    inputMode: 'numeric',
    maxLength: 6,
    autocomplete: 'one-time-code',
  });
const passwordField = (name, label) =>
  field({ name, label, type: 'password', autocomplete: 'current-password' });

export { codeField, passwordField };

/**
 * Asks who it is. `onSignedIn` is called with tokens kept; `heading`, `intro` and `back` are the page's.
 * @param {{ onSignedIn: () => unknown, heading?: [string, object?], intro?: string, organization?: string, back?: () => unknown }} options
 */
export function askSignIn({ onSignedIn, heading = ['signin.heading', {}], intro, organization = '', back }) {
  const send = async ({ organization: where, login, password }) => {
    const who = { organization: where, login };
    await enter(who, await call('POST', '/sessions', { ...who, password }), onSignedIn);
  };
  const fields = [organizationField(organization), loginField(), passwordField('password', 'field.password')];
  show(
    heading[0],
    heading[1],
    ...(intro ? [text('p', intro)] : []),
    form({ fields, submit: 'signin.submit', send, back }),
    choices(button('forgotten.link', () => askForgotten(), { look: 'link' })),
  );
}

/** Goes on with the answer to a sign-in: tokens, or one more question. */
export async function enter(who, answer, onSignedIn) {
  if (answer.challenge === undefined) {
    keepSession({ ...who, tokens: answer });
    return onSignedIn();
  }
  const { challenge, session } = answer;
  const send = async (given) =>
    enter(
      who,
      await call('POST', '/sessions/challenge', { challenge, session, ...who, ...given }),
      onSignedIn,
    );
  if (challenge === 'NEW_PASSWORD_REQUIRED') {
    const places = { invalid_password: 'newPassword' };
    const fields = [hiddenLogin(who.login), ...newPasswordFields()];
    const first = form({ fields, submit: 'signin.first.submit', send, places });
    return show('signin.first.heading', {}, text('p', 'signin.first.intro'), first);
  }
  const code = form({ fields: [codeField()], submit: 'signin.submit', send, places: { wrong_code: 'code' } });
  show('signin.code.heading', {}, code);
}

/** The form for a link to choose a new password by; the answer is the same whoever asks. */
export function forgottenForm() {
  const send = async (values) => {
    await call('POST', '/public/resets/request', values);
    show(
      'forgotten.done.heading',
      {},
      text('p', 'forgotten.done.text'),
      choices(link('/account', 'signin.link')),
    );
  };
  return form({ fields: [organizationField(''), loginField()], submit: 'forgotten.submit', send });
}

export function askForgotten() {
  const back = choices(link('/account', 'signin.link'));
  show('forgotten.heading', {}, text('p', 'forgotten.intro'), forgottenForm(), back);
}
