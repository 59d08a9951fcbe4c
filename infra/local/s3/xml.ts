import { parseXML } from '@aws-sdk/xml-builder';
import { S3Error } from './errors.ts';

/** One element to render: its name and its text or children; an undefined content renders nothing. */
export type XmlElement = readonly [
  name: string,
  content: string | number | boolean | readonly XmlElement[] | undefined,
];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** S3 writes control characters of keys as references, although XML 1.0 does not know them. */
function escapeText(text: string): string {
  return text.replace(
    /[&<>"\u0000-\u001f\u007f]/g,
    (c) => ENTITIES[c] ?? `&#x${c.charCodeAt(0).toString(16)};`,
  );
}

function render([name, content]: XmlElement): string {
  if (content === undefined) return '';
  const inner = typeof content === 'object' ? content.map(render).join('') : escapeText(String(content));
  return `<${name}>${inner}</${name}>`;
}

/** The XML document of an answer, in S3's namespace unless it is an error. */
export function document(root: string, children: XmlElement[]): string {
  const namespace = root === 'Error' ? '' : ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${namespace}>${children.map(render).join('')}</${root}>`;
}

/** A parsed element of a request's document, read by the names of its children. */
export class XmlReader {
  readonly #value: unknown;

  private constructor(value: unknown) {
    this.#value = value;
  }

  /** Parses a document whose root must be `root`. @throws S3Error MalformedXML */
  static parse(xml: string, root: string): XmlReader {
    let parsed: unknown;
    try {
      parsed = parseXML(xml);
    } catch {
      throw malformed();
    }
    const reader = new XmlReader(parsed).all(root)[0];
    if (!reader) throw malformed();
    return reader;
  }

  /** Every child of this name, in the document's order. */
  all(name: string): XmlReader[] {
    if (typeof this.#value !== 'object' || this.#value === null) return [];
    const child: unknown = (this.#value as Record<string, unknown>)[name];
    if (child === undefined) return [];
    return (Array.isArray(child) ? child : [child]).map((value) => new XmlReader(value));
  }

  /** Text of the only child of this name, undefined where it is absent. @throws S3Error MalformedXML */
  text(name: string): string | undefined {
    const [first, ...others] = this.all(name);
    if (!first) return undefined;
    if (others.length > 0 || typeof first.#value !== 'string') throw malformed();
    return first.#value;
  }

  /** As `text`, for a child that must be there. @throws S3Error MalformedXML */
  required(name: string): string {
    const text = this.text(name);
    if (text === undefined) throw malformed();
    return text;
  }
}

/** S3's answer to a document that does not follow the operation's schema. */
export function malformed(): S3Error {
  return new S3Error(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}
