import type { Column } from 'roster/domain/schema';
import { canonicalOf, compileColumn, compileRow, isValid } from 'roster/domain/validate';
import { describe, expect, it } from 'vitest';

const check = (column: Omit<Column, 'name'>, value: string) => {
  const checked = compileColumn({ name: 'C', ...column })(value);
  return typeof checked === 'string' ? checked : `! ${checked.code}`;
};

describe('a value of a column', () => {
  it.each([
    ['integer', '12', '12'],
    ['integer', '+0012', '12'],
    ['integer', '-0', '0'],
    ['integer', '1.5', '! not_an_integer'],
    ['integer', '1e3', '! not_an_integer'],
    ['decimal', '1234,50', '1234.5'],
    ['decimal', '1234.500', '1234.5'],
    ['decimal', '-0.5', '-0.5'],
    ['decimal', '7.0', '7'],
    ['decimal', '1,234.50', '! not_a_decimal'],
    ['boolean', 'True', 'true'],
    ['boolean', 'Activé', 'true'],
    ['boolean', 'Désactivé', 'false'],
    ['boolean', 'DISABLED', 'false'],
    ['boolean', 'maybe', '! not_a_boolean'],
    ['date', '2024-02-29', '2024-02-29'],
    ['date', '2023-02-29', '! not_a_date'],
    ['date', '1900-02-29', '! not_a_date'],
    ['date', '2024-13-01', '! not_a_date'],
    ['date', '01/02/2024', '! not_a_date'],
    ['email', 'Zoë.O’Neil@Example.ORG', 'zoë.o’neil@example.org'],
    ['email', 'a@b', '! not_an_email'],
    ['email', 'a b@example.org', '! not_an_email'],
    ['email', 'a@-example.org', '! not_an_email'],
    ['phone', '202-224-2315', '2022242315'],
    ['phone', '+33 (0)1 23 45 67 89', '+330123456789'],
    ['phone', 'call me', '! not_a_phone'],
    ['phone', '12', '! not_a_phone'],
    ['text', '007', '007'],
  ] as const)('%s %j is %j', (type, value, expected) => {
    expect(check({ type }, value)).toBe(expected);
  });

  it('reads a date in the column’s own format, and in ISO form as spreadsheets give it', () => {
    expect(check({ type: 'date', dateFormat: 'DD/MM/YYYY' }, '1/2/2024')).toBe('2024-02-01');
    expect(check({ type: 'date', dateFormat: 'MM/DD/YYYY' }, '1/2/2024')).toBe('2024-01-02');
    expect(check({ type: 'date', dateFormat: 'DD.MM.YYYY' }, '2024-02-01')).toBe('2024-02-01');
  });

  it('is held to required, length, pattern and list', () => {
    expect(check({ type: 'text', required: true }, '')).toBe('! required');
    expect(check({ type: 'text' }, '')).toBe('');
    expect(check({ type: 'text', maxLength: 3 }, 'four')).toBe('! too_long');
    expect(check({ type: 'text', pattern: '[A-Z]\\d{6}' }, 'B000944')).toBe('B000944');
    expect(check({ type: 'text', pattern: '[A-Z]\\d{6}' }, 'B0009440')).toBe('! pattern_mismatch');
    expect(check({ type: 'enum', values: ['Gold', 'Silver'] }, 'gold')).toBe('Gold');
    expect(check({ type: 'enum', values: ['Gold', 'Silver'] }, 'bronze')).toBe('! not_in_list');
  });

  it('keeps an identifier as it is written', () => {
    expect(check({ type: 'integer', role: 'externalId' }, '007')).toBe('007');
    expect(check({ type: 'text', role: 'externalId' }, '')).toBe('! required');
    expect(check({ type: 'text', role: 'externalId' }, 'a\u0007b')).toBe('! bad_identifier');
    expect(check({ type: 'text', role: 'externalId' }, 'x'.repeat(201))).toBe('! bad_identifier');
  });
});

const seedColumns: Column[] = [
  { name: 'ID', type: 'integer', role: 'externalId' },
  { name: 'IsActive', type: 'boolean', role: 'state' },
  { name: 'FirstName', type: 'text', required: true },
];

describe('a row', () => {
  const validate = compileRow(seedColumns, [0, 1, 2], 3);

  it('is trimmed and brought to one Unicode form', () => {
    const row = validate([' 12 ', 'True', ' Rene\u0301 ']);
    expect(row).toEqual({
      externalId: '12',
      active: true,
      values: ['12', 'True', 'René'],
      canonical: ['12', 'true', 'René'],
    });
  });

  it('with more values than the header has columns is refused whole, nothing shifted (S0.9)', () => {
    // The sample of the first published system: six columns in the header, seven values in the row.
    const six = ['ID', 'IsActive', 'FirstName', 'LastName', 'MemberID', 'IsAuthRep'];
    const sample = '12,True,Court,Mathis,LA06120,23439853,False'.split(',');
    const columns: Column[] = six.map((name, index) => ({
      name,
      type: 'text',
      ...(index === 0 && { role: 'externalId' }),
    }));
    const row = compileRow(columns, [0, 1, 2, 3, 4, 5], 6)(sample);
    expect(isValid(row)).toBe(false);
    expect(row).toMatchObject({ externalId: '12', faults: [{ code: 'wrong_field_count' }] });
  });

  it('may end in blank values beyond the header', () => {
    expect(isValid(validate(['12', 'True', 'Ann', '', ' ']))).toBe(true);
    expect(isValid(validate(['12', 'True']))).toBe(false);
  });

  it('names every fault at once', () => {
    const row = validate(['x', 'perhaps', '']);
    expect(row).toMatchObject({
      faults: [
        { column: 'ID', code: 'not_an_integer', value: 'x' },
        { column: 'IsActive', code: 'not_a_boolean', value: 'perhaps' },
        { column: 'FirstName', code: 'required', value: '' },
      ],
    });
  });

  it('says nothing of the state where the state is blank', () => {
    expect(validate(['12', '', 'Ann'])).toMatchObject({ active: undefined });
  });
});

it('stored values are compared in canonical form, and one that no longer fits stands for itself', () => {
  const canonical = canonicalOf(seedColumns);
  expect(canonical({ ID: '12', IsActive: 'Activé', FirstName: 'Ann' })).toEqual(['12', 'true', 'Ann']);
  expect(canonical({ ID: '12', IsActive: 'perhaps' })).toEqual(['12', 'perhaps', '']);
});

describe('words of a state', () => {
  const state = compileColumn({ name: 'Etat', type: 'boolean', role: 'state' });
  it.each(['Activé', 'ACTIVE', 'activée', 'Activated', 'True', 'Oui', 'yes', '1', 'Enabled', 'actif'])(
    '“%s” says active (S2.13)',
    (word) => expect(state(word)).toBe('true'),
  );
  it.each([
    'Désactivé',
    'DESACTIVE',
    'désactivée',
    'Disabled',
    'Deactivated',
    'False',
    'Non',
    '0',
    'Inactif',
    'De\u0301sactive\u0301',
  ])('“%s” says inactive', (word) => expect(state(word)).toBe('false'));
  it.each(['maybe', 'actif?no', '2', 'archived'])('“%s” says nothing', (word) =>
    expect(state(word)).toMatchObject({ code: 'not_a_boolean' }),
  );

  it('are understood where the roster lists words of its own, if it has one of each', () => {
    const listed = (values: string[]) => compileColumn({ name: 'Etat', type: 'enum', role: 'state', values });
    const french = listed(['Activé', 'Désactivé', 'En attente']);
    expect(['True', 'disabled', 'ACTIVÉ', 'en attente'].map(french)).toEqual([
      'Activé',
      'Désactivé',
      'Activé',
      'En attente',
    ]);
    expect(french('archived')).toMatchObject({ code: 'not_in_list' });
    expect(listed(['Active', 'Actif', 'Non'])('true')).toMatchObject({ code: 'not_in_list' });
  });
});
