/** The account of whoever is signed in: organizations, password, second factor, signing out. */
import { call, keepSession, signedInAs } from './api.js';
import { form, hiddenLogin, newPasswordFields } from './form.js';
import { inGroups } from './link.js';
import { announce, button, choices, make, say, show, text } from './page.js';
import { askSignIn, codeField, enter, passwordField } from './signIn.js';

/** Asks who it is, then shows the account. */
export function signInToAccount() {
  askSignIn({ onSignedIn: showAccount });
}

/** Shows the account; `told` is the key of what was just done. */
export async function showAccount(told) {
  const me = await guarded(() => call('GET', '/me'))();
  if (me === undefined) return;
  show(
    'account.heading',
    {},
    text('p', 'account.who', { login: signedInAs().login }),
    text('h2', 'account.memberships'),
    ...memberships(me.memberships),
    text('h2', 'account.password'),
    passwordForm(),
    text('h2', 'account.factor'),
    ...secondFactor(me.secondFactor),
    text('h2', 'account.signout'),
    text('p', 'account.signout.text'),
    choices(button('account.signout.submit', guarded(signOut))),
  );
  if (told) announce([told], { isGood: true });
}

/** Where the session has ended meanwhile, the person signs in again. */
function guarded(act) {
  return async (...given) => {
    try {
      return await act(...given);
    } catch (error) {
      if (error.code !== 'session') throw error;
      keepSession(undefined);
      signInToAccount();
      announce(['fault.session']);
      return undefined;
    }
  };
}

function memberships(list) {
  if (list.length === 0) return [text('p', 'account.none')];
  const items = list.map(({ name, level, login }) => {
    const what = say(make('span'), `level.${level}`);
    return make('li', {}, make('strong', {}, name), ' · ', what, ` · ${login}`);
  });
  return [make('ul', {}, ...items)];
}

function passwordForm() {
  const send = guarded(async (given) => {
    const { organization, login } = signedInAs();
    const answer = await call('POST', '/me/password', given);
    await enter({ organization, login }, answer, () => showAccount('account.password.done'));
  });
  const fields = [
    hiddenLogin(signedInAs().login),
    passwordField('currentPassword', 'field.password.current'),
    ...newPasswordFields(),
  ];
  const places = { wrong_credentials: 'currentPassword', invalid_password: 'newPassword' };
  return form({ fields, submit: 'account.password.submit', send, places, faults: ownPassword });
}
const ownPassword = { wrong_credentials: 'fault.wrong_password' };

function secondFactor(isOn) {
  if (!isOn) {
    return [text('p', 'account.factor.off'), choices(button('account.factor.begin', guarded(beginFactor)))];
  }
  const send = guarded(async (given) => {
    await call('DELETE', '/me/totp', given);
    await showAccount('account.factor.dropped');
  });
  const fields = [hiddenLogin(signedInAs().login), passwordField('password', 'field.password.current')];
  const places = { wrong_credentials: 'password' };
  const drop = form({ fields, submit: 'account.factor.drop', send, places, faults: ownPassword });
  return [text('p', 'account.factor.on'), drop];
}

async function beginFactor() {
  const { secret, uri } = await call('POST', '/me/totp');
  const send = guarded(async (given) => {
    await call('POST', '/me/totp/confirm', given);
    await showAccount('account.factor.done');
  });
  const places = { wrong_code: 'code' };
  const back = () => showAccount();
  show(
    'account.factor',
    {},
    text('p', 'account.factor.step'),
    make('p', { className: 'secret', translate: false }, inGroups(secret)),
    make('p', {}, text('a', 'account.factor.app', {}, { href: uri })),
    form({ fields: [codeField()], submit: 'account.factor.confirm', send, places, back }),
  );
}

async function signOut() {
  await call('DELETE', '/sessions');
  keepSession(undefined);
  signInToAccount();
  announce(['account.signedout'], { isGood: true });
}
