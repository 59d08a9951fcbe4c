import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { expect, it } from 'vitest';
import { mimeMessage } from '../../../layers/roster/src/aws/mime.ts';

const mail = {
  from: { name: 'Chess Club', address: 'muster@roster.example' },
  to: 'ada@example.org',
  subject: 'Join',
  text: 'Hello\n',
  html: '<p>Hello</p>',
};
const lines = (message: Buffer) => message.toString('latin1').split('\r\n');

it('is read by another program as it was meant, whatever subject, name and texts hold', async () => {
  const oneLine = (text: string) => text.replaceAll(/[\s\p{Cc}]+/gu, ' ');
  const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 }).map(oneLine);
  await fc.assert(
    fc.asyncProperty(
      line,
      line,
      fc.string({ unit: 'grapheme', maxLength: 500 }),
      async (subject, name, body) => {
        const said = {
          subject: `.${subject}.`,
          from: { ...mail.from, name: `.${name}.` },
          html: `<p>${body}</p>`,
        };
        const parsed = await simpleParser(mimeMessage({ ...mail, ...said }));
        expect(parsed.subject).toBe(said.subject);
        expect(parsed.from?.value[0]?.address).toBe('muster@roster.example');
        expect(parsed.from?.value[0]?.name).toBe(said.from.name);
        expect(parsed.html).toBe(said.html);
        expect(parsed.text?.trim()).toBe('Hello');
      },
    ),
    { numRuns: 100 },
  );
});

it('is 7 bits wide, in lines that every server takes', () => {
  const long = 'Zoë 👩‍👩‍👧‍👦 '.repeat(60);
  const message = mimeMessage({
    ...mail,
    subject: long,
    from: { ...mail.from, name: long },
    text: 'ß'.repeat(5_000),
  });
  for (const one of lines(message)) {
    expect(one.length).toBeLessThanOrEqual(76);
    expect(one).toMatch(/^[\x20-\x7e]*$/);
  }
});

it('lets nothing begin a header of its own', async () => {
  const evil = 'x\r\nBcc: eve@example.org\r\n\r\nbody';
  const message = mimeMessage({ ...mail, subject: evil, from: { ...mail.from, name: evil } });
  expect(lines(message).filter((one) => /^bcc/i.test(one))).toEqual([]);
  expect((await simpleParser(message)).bcc).toBeUndefined();
  expect(() => mimeMessage({ ...mail, to: evil })).toThrow('malformed');
  for (const address of [evil, 'a@b.example\r\nBcc: eve@example.org', 'a@b.example>, <eve@example.org']) {
    expect(() => mimeMessage({ ...mail, replyTo: address })).toThrow('malformed');
    expect(() => mimeMessage({ ...mail, from: { ...mail.from, address } })).toThrow('malformed');
  }
  expect(() => mimeMessage({ ...mail, unsubscribeUrl: 'https://a.example/>\r\nX: y' })).toThrow('malformed');
});

it('names whom answers go to, if that is another one (RFC 5322, 3.6.2)', async () => {
  const parsed = await simpleParser(mimeMessage({ ...mail, replyTo: 'office@chess.example' }));
  expect(parsed.replyTo?.value).toEqual([{ address: 'office@chess.example', name: '' }]);
  expect((await simpleParser(mimeMessage(mail))).replyTo).toBeUndefined();
});

it('offers to unsubscribe with one click where there is a link for it (RFC 8058)', () => {
  const with_ = lines(mimeMessage({ ...mail, unsubscribeUrl: 'https://muster.example/u?t=1' }));
  expect(with_).toContain('List-Unsubscribe: <https://muster.example/u?t=1>');
  expect(with_).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  expect(lines(mimeMessage(mail)).join()).not.toContain('Unsubscribe');
});
