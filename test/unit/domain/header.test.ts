import { mapHeader } from 'roster/domain/header';
import { type Column, checkSchema, defaultColumns, foldLabel } from 'roster/domain/schema';
import { describe, expect, it } from 'vitest';

describe('a header', () => {
  it('meets the schema by name or alias, accents, case and punctuation aside', () => {
    const mapping = mapHeader(
      ['IDENTIFIANT', 'nom', 'prenom', 'Adresse e-mail', 'Mot de passe'],
      defaultColumns,
    );
    expect(mapping).toMatchObject({
      positions: [0, 2, 1, 3],
      report: {
        mapped: { IDENTIFIANT: 'MemberID', prenom: 'FirstName', nom: 'LastName', 'Adresse e-mail': 'Email' },
        ignored: ['Mot de passe'],
        missing: ['IsActive', 'Phone', 'Department', 'Birthday'],
      },
      complete: false,
    });
  });

  it('needs the required columns', () => {
    expect(mapHeader(['MemberID', 'LastName'], defaultColumns)).toMatchObject({
      code: 'missing_column',
      message: expect.stringContaining('“FirstName”'),
    });
  });

  it('may not name a column twice', () => {
    const names = ['MemberID', 'FirstName', 'LastName', 'Nom'];
    expect(mapHeader(names, defaultColumns)).toMatchObject({ code: 'duplicate_column' });
  });
});

describe('a roster schema', () => {
  const id: Column = { name: 'ID', type: 'text', role: 'externalId' };
  const faults = (columns: Column[]) => {
    try {
      checkSchema(columns);
      return [];
    } catch (error) {
      return (error as { places: { path: string }[] }).places.map(({ path }) => path);
    }
  };

  it.each([
    ['no identifier', [{ name: 'A', type: 'text' }], ['columns']],
    ['two columns of one name', [id, { name: 'id', type: 'text' }], ['id']],
    ['an alias that names another column', [id, { name: 'B', type: 'text', aliases: ['I.D.'] }], ['B']],
    ['a role held twice', [id, { name: 'B', type: 'text', role: 'externalId' }], ['ID, B']],
    ['a list without values', [id, { name: 'B', type: 'enum' }], ['B']],
    ['a broken pattern', [id, { name: 'B', type: 'text', pattern: '(' }], ['B']],
    ['a pattern that can take for ever', [id, { name: 'B', type: 'text', pattern: '(a+)+' }], ['B']],
    [
      'departments created by another column',
      [id, { name: 'B', type: 'text', createDepartments: true }],
      ['B'],
    ],
    ['an email role on a text', [id, { name: 'B', type: 'text', role: 'email' }], ['B']],
  ] as [string, Column[], string[]][])('is refused with %s', (_, columns, places) => {
    expect(faults(columns)).toEqual(places);
  });

  it('is good as it comes by default', () => {
    expect(faults([...defaultColumns])).toEqual([]);
  });
});

it('labels fold to letters and digits', () => {
  expect(foldLabel(' Prénom(s) n° 2 ')).toBe('prenomsn2');
});
