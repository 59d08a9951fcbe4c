/** Forms that name each field, check what can be checked here, and say faults at the field. */

import { announce, attempt, button, choices, make, say, text, wordsOf } from './page.js';
import { isGoodPassword, passwordRules } from './passwordRules.js';

let fields = 0;

/**
 * A field with its label, hint and place for a fault. `label` and `hint` are keys; `caption` is a label in the
 * organization's own words. Other options are properties of the input.
 */
export function field({ name, label, caption, hint, options, isOptional = false, ...properties }) {
  fields += 1;
  const id = `field-${fields}`;
  const common = { id, name, 'aria-describedby': `${id}-hint ${id}-fault`, ...properties };
  const input = options
    ? make('select', common, ...options)
    : make('input', { type: 'text', autocapitalize: 'none', spellcheck: false, ...common });
  if (!isOptional) input.setAttribute('aria-required', 'true');
  const labelled = caption === undefined ? text('label', label) : make('label', {}, caption);
  labelled.htmlFor = id;
  const about = make('p', { id: `${id}-hint`, className: 'hint' });
  const fault = make('p', { id: `${id}-fault`, className: 'fault' });
  return make('div', { className: 'field' }, labelled, hint ? say(about, hint) : about, input, fault);
}

/** Whose password it is, for password managers; nobody sees it, and it is not sent. */
export function hiddenLogin(login) {
  const more = { readOnly: true, tabIndex: -1, 'aria-hidden': 'true' };
  return make('input', {
    type: 'text',
    className: 'unseen',
    autocomplete: 'username',
    value: login,
    ...more,
  });
}

/** A password that is to be chosen, twice, with the rules that it meets so far. */
export function newPasswordFields() {
  const first = field({ name: 'newPassword', label: 'field.password.new', ...newPassword });
  const input = first.querySelector('input');
  const rules = passwordRules.map(({ key, isMet }) => {
    const state = text('span', 'rule.unmet', {}, { className: 'unseen' });
    const item = make('li', {}, text('span', key), state);
    input.addEventListener('input', () => {
      item.classList.toggle('met', isMet(input.value));
      say(state, isMet(input.value) ? 'rule.met' : 'rule.unmet');
    });
    return item;
  });
  const list = make('ul', { id: `${input.id}-rules`, className: 'rules' }, ...rules);
  input.setAttribute('aria-describedby', `${input.getAttribute('aria-describedby')} ${list.id}`);
  first.append(list);
  return [first, field({ name: 'again', label: 'field.password.again', ...newPassword })];
}
const newPassword = { type: 'password', autocomplete: 'new-password', maxLength: 256 };

/**
 * A form. `send` gets the values, trimmed but for passwords, without empty ones; `places` says which field an error's code
 * belongs to and `faults` its words here, if others than usual; `back` is where the second button leads.
 */
export function form({ fields: content, submit, submitValues, send, places = {}, faults = {}, back }) {
  const press = text('button', submit, submitValues, { type: 'submit', className: 'main' });
  const element = make('form', { noValidate: true, method: 'post' }, ...content, ...showPasswords(content));
  element.append(choices(press, ...(back ? [button('button.back', back, { look: 'link' })] : [])));
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    for (const input of inputsOf(element)) mark(input);
    const values = valuesOf(element);
    const wrong = faultsOf(element, values);
    if (wrong.length > 0) return tell(element, wrong);
    const { again: _, ...sent } = values;
    attempt(
      press,
      () => send(sent),
      (error) => refuse(element, error, { places, faults }),
    );
  });
  return element;
}

const inputsOf = (element) => [...element.elements].filter(({ name }) => name);

function valuesOf(element) {
  const given = inputsOf(element).map(({ name, type, value, dataset }) => {
    return [name, type === 'password' || dataset.secret ? value : value.trim()];
  });
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}

function faultsOf(element, { newPassword, again, ...values }) {
  const given = { newPassword, again, ...values };
  const faults = inputsOf(element)
    .filter((input) => input.getAttribute('aria-required') && given[input.name] === undefined)
    .map((input) => [input, 'fault.required']);
  const at = (name) => element.elements.namedItem(name);
  if (newPassword !== undefined && !isGoodPassword(newPassword))
    faults.push([at('newPassword'), 'fault.rules']);
  if (again !== undefined && again !== newPassword) faults.push([at('again'), 'fault.differs']);
  return faults;
}

/** What the API refuses is said at the field that it names, else at the top. */
function refuse(element, error, { places, faults: special }) {
  const named = [places[error.code], ...(error.places ?? []).map(({ path }) => path.split(/[/.]/).at(-1))];
  const faults = [];
  for (const name of named) {
    const input = name && element.elements.namedItem(name);
    if (!input) continue;
    const byCode = name === places[error.code] && (special[error.code] ?? wordsOf(error)[0]);
    faults.push([input, byCode || (name === 'username' ? 'fault.username' : 'fault.place')]);
  }
  if (faults.length > 0) tell(element, faults);
  else announce(wordsOf(error));
}

function tell(element, faults) {
  for (const [input, key] of faults) mark(input, key);
  const first = inputsOf(element).find((input) => input.getAttribute('aria-invalid') === 'true');
  first?.focus();
}

function mark(input, key) {
  input.setAttribute('aria-invalid', String(key !== undefined));
  say(document.getElementById(`${input.id}-fault`), key);
}

function showPasswords(content) {
  const inputs = content.flatMap((one) => [...one.querySelectorAll('input[type=password]')]);
  if (inputs.length === 0) return [];
  const box = make('input', { type: 'checkbox' });
  box.addEventListener('change', () => {
    for (const input of inputs) {
      input.dataset.secret = 'true';
      input.type = box.checked ? 'text' : 'password';
    }
  });
  return [make('label', { className: 'toggle' }, box, text('span', 'field.password.show'))];
}
