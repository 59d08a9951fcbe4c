/** Writes a mail as a MIME message of plain text and HTML (RFC 5322, 2045, 2046, 2047, 8058). */
import { randomUUID } from 'node:crypto';

/** What goes into a message. Addresses are plain, `name@host`; names and subject may be any text. */
export interface MimeMail {
  from: { name: string; address: string };
  to: string;
  /** Whom answers go to; to `from`, where absent. */
  replyTo?: string | undefined;
  subject: string;
  text: string;
  html: string;
  /** Takes a POST that ends such mails. */
  unsubscribeUrl?: string | undefined;
}

/** A line with an encoded word has 76 characters at most, its header's name among them (RFC 2047, section 2). */
const wordBytesMax = 39;

/** The message. No value can begin a header: words are encoded, and an address or a link must be visible ASCII. */
export function mimeMessage(mail: MimeMail, boundary: string = randomUUID()): Buffer {
  const { from, to, replyTo, subject, text, html, unsubscribeUrl } = mail;
  const headers = [
    `From: ${encodedWords(from.name)}\r\n <${visible(from.address)}>`,
    `To: ${visible(to)}`,
    ...(replyTo === undefined ? [] : [`Reply-To: ${visible(replyTo)}`]),
    `Subject: ${encodedWords(subject)}`,
    ...(unsubscribeUrl === undefined
      ? []
      : [
          `List-Unsubscribe: <${visible(unsubscribeUrl)}>`,
          'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
        ]),
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative;\r\n boundary="${boundary}"`,
  ];
  const parts = [part('text/plain', text), part('text/html', html)].map((one) => `--${boundary}\r\n${one}`);
  return Buffer.from(`${[...headers, '', ...parts].join('\r\n')}\r\n--${boundary}--\r\n`);
}

function part(type: string, content: string): string {
  const base64 = Buffer.from(content).toString('base64');
  const lines = base64.match(/.{1,76}/g) ?? [''];
  const headers = [`Content-Type: ${type}; charset=utf-8`, 'Content-Transfer-Encoding: base64'];
  return [...headers, '', ...lines].join('\r\n');
}

/** Text as encoded words, each of whole characters, folded onto lines of their own. */
function encodedWords(text: string): string {
  const words: string[] = [''];
  for (const character of text.toWellFormed().replace(/\p{Cc}+/gu, ' ')) {
    const grown = words.at(-1) + character;
    if (Buffer.byteLength(grown) > wordBytesMax) words.push(character);
    else words[words.length - 1] = grown;
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}

/** @throws Error if the value could not stand in a header as it is */
function visible(value: string): string {
  if (!/^[\x21-\x7e]+$/.test(value) || /[<>]/.test(value))
    throw new Error('A header of a mail is malformed.');
  return value;
}
