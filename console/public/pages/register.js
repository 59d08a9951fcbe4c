/** `/register/<org>`: somebody on the roster asks for a link, by what the organization knows of them. */
import './faults.js';
import { call } from './api.js';
import { field, form } from './form.js';
import { organizationOf } from './link.js';
import { inspect } from './linkPage.js';
import { begin, make, say, show, text } from './page.js';

const ends = {
  not_found: showClosed,
  forbidden: showClosed,
  invalid_request: showClosed,
};

/** How a column of the roster is typed; others as text. */
const inputs = {
  date: { type: 'date' },
  email: { type: 'email', autocomplete: 'email' },
  phone: { type: 'tel', autocomplete: 'tel' },
  integer: { inputMode: 'numeric' },
  decimal: { inputMode: 'decimal' },
};
const yesOrNo = () => [
  make('option', { value: '' }),
  say(make('option', { value: 'true' }), 'field.yes'),
  say(make('option', { value: 'false' }), 'field.no'),
];

const look = (organization) => async () => {
  const { name, columns } = await call('GET', `/public/registration/${encodeURIComponent(organization)}`);
  // A column may have the name of a property of forms, so fields have numbers.
  const fields = columns.map(({ name: caption, type }, index) => {
    const how = type === 'boolean' ? { options: yesOrNo() } : inputs[type];
    return field({ name: `column-${index}`, caption, ...how });
  });
  const send = async (given) => {
    const values = Object.fromEntries(
      columns.map((column, index) => [column.name, given[`column-${index}`]]),
    );
    await call('POST', '/public/register', { organization, values });
    showDone(name);
  };
  show(
    'register.heading',
    { name },
    text('p', 'register.intro'),
    form({ fields, submit: 'register.submit', send }),
  );
};

/** The same whether somebody was found or not. */
function showDone(name) {
  const rest = text('p', 'register.done.none', { name });
  show('register.done.heading', {}, text('p', 'register.done.text', { name }), rest);
}

function showClosed() {
  show('register.closed.heading', {}, text('p', 'register.closed.text'));
}

function askOrganization() {
  const send = ({ organization }) => inspect(look(organization), ends);
  const fields = [
    field({ name: 'organization', label: 'field.organization', hint: 'field.organization.hint' }),
  ];
  show('register.heading.any', {}, form({ fields, submit: 'button.continue', send }));
}

const organization = organizationOf(location.pathname, location.hash);
await begin(() => (organization ? inspect(look(organization), ends) : askOrganization()));
