import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The status of an execution, as the API spells it. */
export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** An execution; times in milliseconds since the epoch, input and output as JSON text. */
export interface Execution {
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  readonly status: Status;
  readonly input: string;
  readonly output: string | null;
  readonly error: string | null;
  readonly cause: string | null;
  readonly startedAt: number;
  readonly stoppedAt: number | null;
  /** Hash of the definition that it was started with. */
  readonly definitionHash: string;
}

/** How an execution ended. */
export type Ending = Pick<Execution, 'output' | 'error' | 'cause'> & { status: Exclude<Status, 'RUNNING'> };

/** One visit of a state that the journal follows: when it began, retries used, and its outcome if there is one. */
export interface Visit {
  readonly isNew: boolean;
  readonly enteredAt: number;
  readonly attempts: number[];
  readonly inputHash: string | null;
  readonly output: string | null;
  readonly failure: string | null;
}

/** One event of an execution's history; `details` holds the member that the API names for its type. */
export interface HistoryEvent {
  readonly id: number;
  readonly at: number;
  readonly type: string;
  readonly details: string;
}

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS executions (
    arn TEXT PRIMARY KEY, machineArn TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
    input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT,
    startedAt INTEGER NOT NULL, stoppedAt INTEGER, definitionHash TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS byMachine ON executions (machineArn, startedAt);
  CREATE TABLE IF NOT EXISTS visits (
    arn TEXT NOT NULL, path TEXT NOT NULL, enteredAt INTEGER NOT NULL, attempts TEXT NOT NULL DEFAULT '[]',
    inputHash TEXT, output TEXT, failure TEXT, PRIMARY KEY (arn, path)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS history (
    arn TEXT NOT NULL, id INTEGER NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, details TEXT NOT NULL,
    PRIMARY KEY (arn, id)) WITHOUT ROWID;
`;

/**
 * Keeps executions, their history and the outcome of each task in SQLite.
 *
 * What it has answered survives a kill of the process (WAL, synchronous NORMAL: not a power cut).
 */
export function openJournal(file: string) {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file);
  db.exec(schema);
  const insertExecution = db.prepare(
    `INSERT INTO executions (arn, machineArn, name, status, input, startedAt, definitionHash)
     VALUES (?, ?, ?, 'RUNNING', ?, ?, ?)`,
  );
  const endExecution = db.prepare(
    `UPDATE executions SET status = ?, output = ?, error = ?, cause = ?, stoppedAt = ?
     WHERE arn = ? AND status = 'RUNNING'`,
  );
  const selectVisit = db.prepare('SELECT * FROM visits WHERE arn = ? AND path = ?');
  const insertVisit = db.prepare('INSERT INTO visits (arn, path, enteredAt) VALUES (?, ?, ?)');
  const insertEvent = db.prepare(
    `INSERT INTO history (arn, id, at, type, details)
     VALUES (?, (SELECT coalesce(max(id), 0) + 1 FROM history WHERE arn = ?), ?, ?, ?)`,
  );
  const find = (arn: string) =>
    db.prepare('SELECT * FROM executions WHERE arn = ?').get(arn) as unknown as Execution | undefined;

  return {
    find,

    create(
      execution: Pick<Execution, 'arn' | 'machineArn' | 'name' | 'input' | 'startedAt' | 'definitionHash'>,
    ) {
      const { arn, machineArn, name, input, startedAt, definitionHash } = execution;
      insertExecution.run(arn, machineArn, name, input, startedAt, definitionHash);
    },

    /** Ends a running execution; false when it had ended already. Its visits are of no more use. */
    end(arn: string, ending: Ending, at: number): boolean {
      const { status, output, error, cause } = ending;
      if (endExecution.run(status, output, error, cause, at, arn).changes === 0) return false;
      db.prepare('DELETE FROM visits WHERE arn = ?').run(arn);
      return true;
    },

    running: (machineArn: string) =>
      db
        .prepare(`SELECT * FROM executions WHERE machineArn = ? AND status = 'RUNNING' ORDER BY startedAt`)
        .all(machineArn) as unknown as Execution[],

    /** Executions of a machine, newest first. */
    list: (machineArn: string, status: string | undefined, limit: number, offset: number) =>
      db
        .prepare(
          `SELECT * FROM executions WHERE machineArn = ? AND (? IS NULL OR status = ?)
           ORDER BY startedAt DESC, rowid DESC LIMIT ? OFFSET ?`,
        )
        .all(machineArn, status ?? null, status ?? null, limit, offset) as unknown as Execution[],

    /** The visit at `path`, begun now if the journal does not know it yet. */
    enter(arn: string, path: string, at: number): Visit {
      const row = selectVisit.get(arn, path);
      if (row)
        return { ...row, attempts: JSON.parse(String(row.attempts)), isNew: false } as unknown as Visit;
      insertVisit.run(arn, path, at);
      return { isNew: true, enteredAt: at, attempts: [], inputHash: null, output: null, failure: null };
    },

    retried(arn: string, path: string, attempts: readonly number[]) {
      db.prepare('UPDATE visits SET attempts = ? WHERE arn = ? AND path = ?').run(
        JSON.stringify(attempts),
        arn,
        path,
      );
    },

    succeeded(arn: string, path: string, inputHash: string, output: string) {
      db.prepare('UPDATE visits SET inputHash = ?, output = ? WHERE arn = ? AND path = ?').run(
        inputHash,
        output,
        arn,
        path,
      );
    },

    failed(arn: string, path: string, failure: string) {
      db.prepare('UPDATE visits SET failure = ? WHERE arn = ? AND path = ?').run(failure, arn, path);
    },

    record(arn: string, type: string, details: object, at: number) {
      insertEvent.run(arn, arn, at, type, JSON.stringify(details));
    },

    /** A page of the history, by event number. */
    history: (arn: string, reverse: boolean, limit: number, offset: number) =>
      db
        .prepare(
          `SELECT * FROM history WHERE arn = ? ORDER BY id ${reverse ? 'DESC' : 'ASC'} LIMIT ? OFFSET ?`,
        )
        .all(arn, limit, offset) as unknown as HistoryEvent[],

    close: () => db.close(),
  };
}

/** What {@link openJournal} returns. */
export type Journal = ReturnType<typeof openJournal>;
