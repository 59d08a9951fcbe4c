/**
 * What every members' page is made of: elements whose text follows the language, steps that replace each other, forms
 * that say what is wrong at the field. Text is set as text, never as HTML.
 */
import { languageOf, words } from './words.js';

let language = languageOf(location.search, navigator.languages);
const main = document.querySelector('main');

/** An element with properties, attributes by `aria-` and `data-` names among them, and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-')) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** Gives an element the text of a key, now and after a change of the language; without a key, none. */
export function say(element, key, values = {}) {
  element.dataset.say = key ?? '';
  element.dataset.values = JSON.stringify(values);
  element.textContent = key ? words(language, key, values) : '';
  return element;
}

/** An element with the text of a key. */
export const text = (tag, key, values, properties) => say(make(tag, properties), key, values);

/** A button that acts; `look` is `main` or `link` or none. */
export function button(key, act, { look = '', values } = {}) {
  const element = text('button', key, values, { type: 'button', className: look });
  element.addEventListener('click', () => attempt(element, act, (error) => announce(wordsOf(error))));
  return element;
}

/** A link within the members' pages, in the language that is on. */
export function link(path, key) {
  const element = text('a', key, {}, { href: path });
  element.addEventListener('click', () => {
    const [bare, hash] = path.split('#');
    element.href = `${bare}?lang=${language}${hash ? `#${hash}` : ''}`;
  });
  return element;
}

export const choices = (...children) => make('div', { className: 'choices' }, ...children);

/** Shows a step instead of the one before: its heading, which takes the focus and is the page's title, and the rest. */
export function show(headingKey, values, ...children) {
  const heading = text('h1', headingKey, values, { tabIndex: -1 });
  const isFirst = main.querySelector('h1') === null;
  main.replaceChildren(heading, alertOf(), ...children);
  say(document.querySelector('title'), headingKey, values);
  if (!isFirst) {
    heading.focus();
    scrollTo(0, 0);
  }
}

const alertOf = () => make('p', { className: 'message', role: 'alert' });

/** Says what went wrong, or (`isGood`) right, at the top of the step. */
export function announce([key, values], { isGood = false } = {}) {
  const message = main.querySelector('.message') ?? main.insertBefore(alertOf(), main.firstChild);
  message.classList.toggle('good', isGood);
  say(message, key, values);
  message.scrollIntoView({ block: 'nearest' });
}

const silence = () => {
  for (const message of main.querySelectorAll('.message')) say(message);
};

let tellFault = () => ['fault.other'];
/** Says how errors are put into words: a function of the error that gives key and values. */
export function wordErrors(wording) {
  tellFault = wording;
}
export const wordsOf = (error) => tellFault(error);

/** Runs what a button is for, takes no second press meanwhile, and hands over what goes wrong. */
export async function attempt(pressed, act, onFault) {
  if (pressed.disabled) return;
  silence();
  pressed.disabled = true;
  try {
    await act();
  } catch (error) {
    pressed.disabled = false;
    onFault(error);
    // Some browsers take the focus from a button that is disabled.
    if (document.activeElement === document.body) pressed.focus();
  }
  pressed.disabled = false;
}

function otherLanguage() {
  const other = () => (language === 'en' ? 'fr' : 'en');
  const element = text('button', 'language.other', {}, { type: 'button', className: 'link', lang: other() });
  element.addEventListener('click', () => {
    language = other();
    element.lang = other();
    const query = new URLSearchParams(location.search);
    query.set('lang', language);
    history.replaceState(null, '', `${location.pathname}?${query}${location.hash}`);
    applyLanguage();
  });
  return element;
}

function applyLanguage() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-say]')) {
    say(element, element.dataset.say, JSON.parse(element.dataset.values));
  }
}

/** Takes the token out of the address bar and the history, once it is good for nothing any more. */
export function forgetLink(path = location.pathname) {
  history.replaceState(null, '', path + location.search);
}

/** Begins a page. A fault of its own is said too, instead of a page that does nothing. */
export async function begin(first) {
  const failed = () => announce(['page.failed']);
  addEventListener('error', failed);
  addEventListener('unhandledrejection', failed);
  // Another link that is opened in this very tab only changes what is behind the `#`.
  addEventListener('hashchange', () => location.reload());
  document.querySelector('header').append(otherLanguage());
  document.documentElement.lang = language;
  main.replaceChildren(text('p', 'page.working', {}, { role: 'status' }));
  await first();
}
