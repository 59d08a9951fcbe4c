import {
  type Identity,
  type NamelessRow,
  type Namesake,
  numbered,
  tellApart,
} from '../domain/made-identifiers.ts';
import type { RosterMembers } from '../domain/ports.ts';

/** The identifiers of rows that had none, by line, and the lines of those that may be any of several members. */
export interface MadeIdentifiers {
  ids: ReadonlyMap<number, string>;
  ambiguous: readonly number[];
}

export interface IdentifierNeeds {
  rows: readonly NamelessRow[];
  /** Whether a row of the file has this identifier already. */
  isInFile: (externalId: string) => boolean;
  /** Who a member seems to be. */
  identityOf: (values: Record<string, string>) => Identity | undefined;
}

const readAtOnceMax = 1_000;

/**
 * Gives each row without an identifier that of the member whom it is about, or the next free one of its name. No two
 * people share one; rows that are the same in every column are one person. Names are taken in their order, so that
 * nothing depends on the order of the rows. Of each name the members of one number more than there are rows are looked
 * at, and as many again while the last one is there: beyond a longer gap of removed members nobody is found.
 */
export async function makeIdentifiers(
  members: Pick<RosterMembers, 'values'>,
  organization: string,
  { rows, isInFile, identityOf }: IdentifierNeeds,
): Promise<MadeIdentifiers> {
  const names = namesOf(rows);
  const look = (some: readonly NumberedName[]) => lookAt(members, organization, some);
  await look(names);
  for (let open = names; open.length > 0; ) {
    open = open.filter(({ goesOn }) => goesOn);
    await look(open);
  }
  const given = new Set<string>();
  const ids = new Map<number, string>();
  const ambiguous: number[] = [];
  for (const name of names) {
    const told = tellApart(name.rows, name.namesakes(identityOf, isInFile));
    const idOf = new Map(told.known);
    for (const content of told.fresh) {
      // Another name may have been given it: x2 of x, and x2 itself.
      idOf.set(content, await name.nextFree((id) => given.has(id) || isInFile(id), look));
    }
    for (const id of idOf.values()) given.add(id);
    for (const { line, content } of name.rows) {
      const id = idOf.get(content);
      if (id === undefined) ambiguous.push(line);
      else ids.set(line, id);
    }
  }
  return { ids, ambiguous };
}

/** The rows of one name, and the members that have one of the identifiers that it makes. */
class NumberedName {
  readonly rows: NamelessRow[] = [];
  private readonly base: string;
  private readonly members = new Map<number, Record<string, string>>();
  private looked = 0;
  private taken = 0;

  constructor(base: string) {
    this.base = base;
  }

  /** The identifiers to be looked at next. */
  get next(): string[] {
    return Array.from({ length: this.rows.length + 1 }, (_, at) => numbered(this.base, this.looked + at + 1));
  }

  take(found: ReadonlyMap<string, Record<string, string>>): void {
    for (const id of this.next) {
      this.looked += 1;
      const values = found.get(id);
      if (values !== undefined) this.members.set(this.looked, values);
    }
  }

  /** Whether there may be more members of this name: the last one looked at is there. */
  get goesOn(): boolean {
    return this.members.has(this.looked);
  }

  /** The members that still have this name and that no row of the file names. */
  namesakes(
    identityOf: IdentifierNeeds['identityOf'],
    isInFile: (externalId: string) => boolean,
  ): Namesake[] {
    return [...this.members].flatMap(([number, values]) => {
      const identity = identityOf(values);
      const externalId = numbered(this.base, number);
      return identity?.base === this.base && !isInFile(externalId) ? { ...identity, externalId } : [];
    });
  }

  async nextFree(
    isTaken: (externalId: string) => boolean,
    look: (some: readonly NumberedName[]) => Promise<void>,
  ): Promise<string> {
    for (;;) {
      if (this.taken === this.looked) await look([this]);
      this.taken += 1;
      const id = numbered(this.base, this.taken);
      if (!this.members.has(this.taken) && !isTaken(id)) return id;
    }
  }
}

async function lookAt(
  members: Pick<RosterMembers, 'values'>,
  organization: string,
  names: readonly NumberedName[],
): Promise<void> {
  const wanted = names.flatMap(({ next }) => next);
  const found = new Map<string, Record<string, string>>();
  for (let from = 0; from < wanted.length; from += readAtOnceMax) {
    const some = await members.values(organization, wanted.slice(from, from + readAtOnceMax));
    for (const [id, values] of some) found.set(id, values);
  }
  for (const name of names) name.take(found);
}

/** The names of rows in their order, each with its rows. */
function namesOf(rows: readonly NamelessRow[]): NumberedName[] {
  const names = new Map<string, NumberedName>();
  for (const row of rows) {
    const name = names.get(row.base) ?? new NumberedName(row.base);
    name.rows.push(row);
    names.set(row.base, name);
  }
  return [...names].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, name]) => name);
}
