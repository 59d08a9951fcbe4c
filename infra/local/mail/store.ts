import { DatabaseSync } from 'node:sqlite';

/** An email as SES took it for delivery. */
export interface Email {
  readonly messageId: string;
  /** When it was sent, in seconds since the epoch. */
  readonly at: number;
  readonly from: string;
  readonly replyTo: readonly string[];
  readonly destination: {
    readonly to: readonly string[];
    readonly cc: readonly string[];
    readonly bcc: readonly string[];
  };
  readonly subject: string;
  readonly body: { readonly text?: string; readonly html?: string };
  readonly attachments: readonly {
    readonly filename: string;
    readonly contentType: string;
    readonly bytes: number;
  }[];
  readonly configurationSet?: string;
  /** The message tags that SES events carry. */
  readonly tags: Readonly<Record<string, string>>;
  /** The MIME message in base64, if it was sent raw. */
  readonly raw?: string;
}

/** Keeps sent emails in SQLite; a kill of the process loses none that was acknowledged. */
export function openMailStore(file: string) {
  const db = new DatabaseSync(file);
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS emails (
      id INTEGER PRIMARY KEY AUTOINCREMENT, messageId TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, email TEXT NOT NULL);
  `);
  const parse = (row: Record<string, unknown>) => JSON.parse(String(row.email)) as Email;
  return {
    add(email: Email): void {
      const text = JSON.stringify(email);
      db.prepare('INSERT INTO emails (messageId, at, email) VALUES (?, ?, ?)').run(
        email.messageId,
        email.at,
        text,
      );
    },
    /** Emails since `at` (epoch seconds), oldest first. */
    list: (at = 0): Email[] =>
      db.prepare('SELECT email FROM emails WHERE at >= ? ORDER BY id').all(at).map(parse),
    /** The newest emails, newest first. */
    newest: (limit: number): Email[] =>
      db.prepare('SELECT email FROM emails ORDER BY id DESC LIMIT ?').all(limit).map(parse),
    find(messageId: string): Email | undefined {
      const row = db.prepare('SELECT email FROM emails WHERE messageId = ?').get(messageId);
      return row && parse(row);
    },
    close: () => db.close(),
  };
}
