/**
 * Makes the mails' templates from `layers/roster/mail/`: MJML and the texts of all languages in, one Handlebars template
 * for each of subject, HTML and plain text out. Nothing is fetched, and equal sources give equal bytes.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compile as textCompiler } from 'html-to-text';
import mjml2html from 'mjml';
import { type MailKind, type MailLanguage, mailKinds, mailLanguages } from 'roster/domain/mail';

const projectDir = resolve(import.meta.dirname, '../..');
const sourceDir = 'layers/roster/mail';

/** The module that is made, relative to the project. It is committed, so that nothing needs a build to run. */
export const mailTemplatesFile = 'layers/roster/src/mail/templates.ts';

/** Texts by language, by name, and for one kind of mail by kind and name. */
type Texts = { [name: string]: string | Texts };
type Template = { subject: string; html: string; text: string };

/** The links stand under what they are for, and what only repeats them is left out. */
const toText = textCompiler({
  wordwrap: false,
  selectors: [
    { selector: 'a', options: { linkBrackets: ['\n', ''], hideLinkHrefIfSameAsText: true } },
    { selector: 'p.copy', format: 'skip' },
  ],
});

/**
 * The source of the module of templates.
 * @throws Error if a text is missing or MJML does not accept a source.
 */
export async function mailTemplatesModule(root: string = projectDir): Promise<string> {
  const read = (name: string) => readFile(join(root, sourceDir, name), 'utf8');
  const texts = JSON.parse(await read('texts.json')) as Texts;
  const layout = await read('layout.mjml');
  const templates: Record<string, Record<string, Template>> = {};
  for (const kind of mailKinds) {
    const body = await read(`${kind}.mjml`);
    const of = async (language: MailLanguage) =>
      [language, await template(layout, body, (name) => find(texts, kind, language, name))] as const;
    templates[kind] = Object.fromEntries(await Promise.all(mailLanguages.map(of)));
  }
  return [
    `// Made by "npm run build" from ${sourceDir}/; do not edit.`,
    `import type { MailKind, MailLanguage } from '../domain/mail.ts';`,
    '',
    '/** Handlebars templates of every mail in every language. */',
    'export const mailTemplates: Record<',
    '  MailKind,',
    '  Record<MailLanguage, { subject: string; html: string; text: string }>',
    `> = ${JSON.stringify(templates, undefined, 2)};`,
    '',
  ].join('\n');
}

async function template(layout: string, body: string, find: (name: string) => string): Promise<Template> {
  const title = escapeText(find('subject'));
  const mjml = layout
    .replaceAll('[[subject]]', () => title)
    .replaceAll('[[body]]', () => body)
    .replaceAll(/\[\[([\w.]+)\]\]/g, (_, name: string) => isolated(escapeText(find(name))));
  const { html, errors } = await mjml2html(mjml, { validationLevel: 'strict', fonts: {} });
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  // MJML indents by what it nests; mails need not carry that.
  const lines = html.split('\n').map((line) => line.trim());
  const flat = lines.filter((line) => line !== '').join('\n');
  return { subject: find('subject'), html: flat, text: toText(flat) };
}

/** A text of the kind, or one that all kinds share. */
function find(texts: Texts, kind: MailKind, language: MailLanguage, name: string): string {
  if (name === 'language') return language;
  const [found] = [texts[kind], texts]
    .map((from) => at(from, [...name.split('.'), language]))
    .filter((text) => typeof text === 'string');
  if (found === undefined)
    throw new Error(`${sourceDir}/texts.json has no ${language} text "${name}" for ${kind}`);
  return found;
}

function at(from: string | Texts | undefined, path: readonly string[]): string | Texts | undefined {
  const [first, ...rest] = path;
  if (first === undefined || typeof from !== 'object') return from;
  return at(from[first], rest);
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A value in another direction of writing does not turn the sentence around it. */
function isolated(text: string): string {
  return text.replaceAll(/\{\{\w+\}\}/g, '<bdi>$&</bdi>');
}
