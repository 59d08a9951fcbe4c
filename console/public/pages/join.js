/** `/join#<token>`: an invitation is accepted with a new account or with the one that somebody has, or declined. */
import './faults.js';
import { showAccount } from './accountView.js';
import { call } from './api.js';
import { field, form, newPasswordFields } from './form.js';
import { tokenOf } from './link.js';
import { inspect, showMissing } from './linkPage.js';
import { begin, button, choices, forgetLink, link, show, text } from './page.js';
import { askSignIn, enter } from './signIn.js';

const token = tokenOf(location.hash);
const ends = { link_expired: showExpired, link_invalid: showVoid };
/** States of an invitation that leave nothing to join by. */
const endedStates = ['accepted', 'rejected', 'declined', 'revoked', 'void'];

/** A link can end while its page is open; then the page says so instead of the form. */
const orEnd = (act) => async (given) => {
  try {
    await act(given);
  } catch (error) {
    const end = ends[error.code];
    if (!end) throw error;
    end();
  }
};

async function look() {
  const invitation = await call('POST', '/public/invitations/inspect', { token });
  if (invitation.state === 'expired') return showExpired();
  if (endedStates.includes(invitation.state)) return showVoid();
  showInvitation(invitation);
}

function showInvitation(invitation) {
  const { name, memberName, email, validUntil } = invitation;
  show(
    'join.heading',
    { name },
    memberName
      ? text('p', 'join.greeting', { person: memberName, name })
      : text('p', 'join.greeting.nameless', { name }),
    ...(email ? [text('p', 'join.email', { email })] : []),
    text('p', 'join.until', { until: { at: validUntil } }),
    choices(
      button('join.now', () => showChoose(invitation), { look: 'main' }),
      button('join.decline', () => showDecline(invitation)),
    ),
    choices(button('join.known', () => showKnown(invitation), { look: 'link' })),
  );
}

const usernameField = () =>
  field({
    name: 'username',
    label: 'field.username',
    hint: 'field.username.hint',
    maxLength: 100,
    autocomplete: 'username',
  });

/** A new account: username and password (S4.15). */
function showChoose(invitation) {
  const { organization, name } = invitation;
  const send = orEnd(async ({ username, newPassword }) => {
    const chosen = { token, username, password: newPassword };
    const answer = await call('POST', '/public/invitations/accept', chosen);
    const joined = () => showJoined('join.done.text', { name, login: username });
    await enter({ organization, login: username }, answer, joined);
  });
  const places = { login_taken: 'username', invalid_member: 'username', invalid_password: 'newPassword' };
  show(
    'join.choose.heading',
    {},
    text('p', 'join.choose.intro', { name }),
    form({
      fields: [usernameField(), ...newPasswordFields()],
      submit: 'join.choose.submit',
      submitValues: { name },
      send,
      places,
      back: () => showInvitation(invitation),
    }),
  );
}

/** An account that somebody has: signing in, then joining (S3.15). */
function showKnown(invitation) {
  askSignIn({
    heading: ['join.known.heading', { name: invitation.name }],
    intro: 'join.known.intro',
    onSignedIn: orEnd(() => joinSignedIn(invitation)),
    back: () => showInvitation(invitation),
  });
}

async function joinSignedIn(invitation, username) {
  const { name } = invitation;
  try {
    await call('POST', '/me/invitations/accept', { token, ...(username && { username }) });
  } catch (error) {
    if (error.code !== 'login_taken' || username) throw error;
    return showOtherUsername(invitation);
  }
  showJoined('join.done.text.known', { name });
}

function showOtherUsername(invitation) {
  const { name } = invitation;
  const send = orEnd(({ username }) => joinSignedIn(invitation, username));
  const places = { login_taken: 'username', invalid_member: 'username' };
  show(
    'join.username.heading',
    { name },
    text('p', 'join.username.intro'),
    form({ fields: [usernameField()], submit: 'join.choose.submit', submitValues: { name }, send, places }),
  );
}

function showJoined(key, values) {
  forgetLink('/account');
  const go = button('join.done.account', () => showAccount(), { look: 'main' });
  show('join.done.heading', {}, text('p', key, values), choices(go));
}

function showDecline(invitation) {
  const { name } = invitation;
  const decline = orEnd(async () => {
    await call('POST', '/public/invitations/decline', { token });
    forgetLink();
    show('join.declined.heading', {}, text('p', 'join.declined.text', { name }));
  });
  show(
    'join.decline.heading',
    {},
    text('p', 'join.decline.intro', { name }),
    choices(
      button('join.decline.submit', decline, { look: 'main' }),
      button('button.back', () => showInvitation(invitation)),
    ),
  );
}

/** A fresh link goes to the address on file only (B7). */
function showExpired() {
  const renew = async () => {
    await call('POST', '/public/invitations/renew', { token });
    show('join.renewed.heading', {}, text('p', 'join.renewed.text'));
  };
  show(
    'join.expired.heading',
    {},
    text('p', 'join.expired.text'),
    choices(button('join.expired.submit', renew, { look: 'main' })),
  );
}

function showVoid() {
  const signIn = choices(link('/account', 'signin.link'));
  show('join.void.heading', {}, text('p', 'join.void.text'), text('p', 'join.void.ask'), signIn);
}

await begin(() => (token ? inspect(look, ends) : showMissing()));
