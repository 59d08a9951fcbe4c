import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkRegistration,
  closedRegistration,
  openColumns,
  readProof,
} from '../../../layers/roster/src/domain/registration.ts';
import type { Column } from '../../../layers/roster/src/domain/schema.ts';

const schema: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Last', type: 'text', role: 'lastName' },
  { name: 'Born', type: 'date', dateFormat: 'DD.MM.YYYY' },
  { name: 'Mail', type: 'email', role: 'email' },
  { name: 'Phone', type: 'phone', role: 'phone' },
  { name: 'Fee', type: 'decimal' },
  { name: 'Kind', type: 'enum', values: ['Élève', 'Maître'] },
];
const placesOf = (work: () => void): unknown => {
  try {
    work();
    return 'taken';
  } catch (error) {
    const { code, status, places } = error as { code: string; status: number; places: { path: string }[] };
    return [status, code, places.map(({ path }) => path)];
  }
};
const open = (...columns: string[]) => ({ isOpen: true, columns });

describe('the choice of columns', () => {
  it.each([
    [open('ID')],
    [open('Mail', 'Last')],
    [open('ID', 'Last', 'Born', 'Mail', 'Phone')],
    [closedRegistration],
    [{ isOpen: false, columns: ['gone', 'ID', 'ID'] }],
  ])('may be %j', (registration) => {
    expect(placesOf(() => checkRegistration(registration, schema))).toBe('taken');
  });

  it.each([
    [open(), ['registration.columns']],
    [open('Last', 'Born'), ['registration.columns']],
    [open('ID', 'Gone', 'id'), ['registration.columns.1', 'registration.columns.2']],
    [open('ID', 'Last', 'ID'), ['registration.columns.2']],
  ])('is refused where it is %j', (registration, places) => {
    const refused = [422, 'invalid_registration', places];
    expect(placesOf(() => checkRegistration(registration, schema))).toEqual(refused);
  });

  it('closes by itself where the schema has come to lack a column, or what members are found by', () => {
    const names = (columns: Column[] | undefined) => columns?.map(({ name }) => name);
    expect(names(openColumns(open('Born', 'ID'), schema))).toEqual(['Born', 'ID']);
    expect(openColumns(undefined, schema)).toBeUndefined();
    expect(openColumns({ isOpen: false, columns: ['ID'] }, schema)).toBeUndefined();
    const without = schema.filter(({ name }) => name !== 'Born');
    expect(openColumns(open('Born', 'ID'), without)).toBeUndefined();
    const plain = schema.map((column) => ({ ...column, role: undefined }) as Column);
    expect(openColumns(open('Mail'), plain)).toBeUndefined();
  });
});

describe('what somebody gives', () => {
  const member = {
    values: {
      ID: '007',
      Last: 'Müller-Łódź',
      Born: '1.2.1990',
      Mail: 'Ana@Example.org',
      Phone: '+1 202 555 0143',
      Fee: '12,50',
      Kind: 'Élève',
    },
  };
  const columnsOf = (names: readonly string[]) =>
    names.map((name) => schema.find((column) => column.name === name) as Column);
  const fits = (given: Record<string, string>) =>
    readProof(columnsOf(Object.keys(given)), given)?.fits(member) ?? 'nobody';

  it.each([
    ['as written', { ID: '007', Last: 'Müller-Łódź' }],
    ['with case and accents aside', { ID: ' 007 ', Last: 'muller-LODZ' }],
    ['a name in another Unicode form', { ID: '007', Last: 'Mu\u0308ller-Łódź' }],
    ['a day as a form gives it', { ID: '007', Born: '1990-02-01' }],
    ['a day with zeros', { ID: '007', Born: '01.02.1990' }],
    ['an email in other case', { Mail: 'ANA@example.ORG', Last: 'Müller-Łódź' }],
    ['a phone in digits', { ID: '007', Phone: '+12025550143' }],
    ['a number written otherwise', { ID: '007', Fee: '12.5' }],
    ['a word of a list', { ID: '007', Kind: 'ÉLÈVE' }],
  ])('fits: %s', (_, given) => {
    expect(fits(given)).toBe(true);
  });

  it.each([
    ['an identifier without its zeros (B10)', { ID: '7', Last: 'Müller-Łódź' }],
    ['another name', { ID: '007', Last: 'Muller' }],
    ['another day', { ID: '007', Born: '02.01.1990' }],
    ['another address', { Mail: 'ana@example.com', Last: 'Müller-Łódź' }],
  ])('does not fit: %s', (_, given) => {
    expect(fits(given)).toBe(false);
  });

  it.each([
    ['a blank', { ID: '007', Last: '  ' }],
    ['no date', { ID: '007', Born: 'yesterday' }],
    ['no address', { Mail: 'ana', Last: 'x' }],
  ])('fits nobody where it is %s', (_, given) => {
    expect(fits(given)).toBe('nobody');
  });

  it('fits nobody where a value is missing, even under the name of what every object has', () => {
    expect(readProof(columnsOf(['ID', 'Last']), { ID: '007' })).toBeUndefined();
    const odd: Column[] = [schema[0] as Column, { name: 'constructor', type: 'text' }];
    expect(readProof(odd, { ID: '007' })).toBeUndefined();
  });

  it('never fits a blank on the roster', () => {
    const [id, last] = columnsOf(['ID', 'Last']);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const proof = readProof([id as Column, last as Column], { ID: '007', Last: text });
        return proof?.fits({ values: { ID: '007' } }) !== true;
      }),
    );
  });

  it('names by what the member is looked up: the identifier as written, else the email as compared', () => {
    expect(readProof(columnsOf(['Mail', 'ID']), { Mail: 'A@B.org', ID: ' 7a ' })?.key).toEqual({
      externalId: '7a',
    });
    expect(readProof(columnsOf(['Last', 'Mail']), { Mail: 'A@B.org', Last: 'x' })?.key).toEqual({
      email: 'a@b.org',
    });
  });
});
