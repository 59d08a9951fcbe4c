import { isMusterError } from 'roster/domain/errors';
import { mapHeader, matchHeader } from 'roster/domain/header';
import { likelyMatches } from 'roster/domain/likeness';
import { type HeaderChoices, headerText, settleChoices } from 'roster/domain/mapping';
import { isPasswordLabel } from 'roster/domain/passwords';
import { makesIdentifiers, presetOf, presets } from 'roster/domain/presets';
import { type Column, checkSchema, defaultColumns } from 'roster/domain/schema';
import { samplePreset } from 'roster/domain/template';
import { describe, expect, it } from 'vitest';

/** What each header means, and why. */
function meanings(names: readonly string[], columns: readonly Column[], samples = {}) {
  const matches = likelyMatches(matchHeader(names, columns), columns, samples);
  return Object.fromEntries(matches.map(({ name, column, by }) => [name, column && `${column} by ${by}`]));
}

describe('a header', () => {
  it.each([
    ['Num. adhérent', undefined],
    ['N° adhérent', 'MemberID'],
    ['Numéro de membre', 'MemberID'],
    ['Matricule', 'MemberID'],
    ['EmployeeNumber', 'MemberID'],
    ['Nom de famille', 'LastName'],
    ['Nom d’usage', 'LastName'],
    ['Last name of the member', 'LastName'],
    ['Prenom', 'FirstName by alias'],
    ['Prénm', 'FirstName'],
    ['Forename', 'FirstName'],
    ['Courriel', 'Email'],
    ['Email pro', 'Email'],
    ['ADRESSE MAIL', 'Email'],
    ['Adresse e-mail professionnelle', 'Email'],
    ['Tél. portable', 'Phone'],
    ['GSM', 'Phone'],
    ['Actif', 'IsActive'],
    ['Statut', 'IsActive'],
    ['Pôle', 'Department'],
    ['Né le', 'Birthday'],
    ['DOB', 'Birthday'],
    ['Shoe size', undefined],
    ['Nom de l’entreprise', undefined],
    ['Mot de passe', undefined],
    ['password', undefined],
    ['__proto__', undefined],
  ])('“%s” most likely means %s', (name, means) => {
    const expected = means?.includes(' by ') ? means : means && `${means} by likeness`;
    expect(meanings([name], defaultColumns)).toEqual(Object.fromEntries([[name, expected]]));
  });

  it('gives each column to the likeliest of several', () => {
    expect(meanings(['Email pro', 'Courriel', 'Mail'], defaultColumns)).toEqual({
      'Email pro': undefined,
      Courriel: undefined,
      Mail: 'Email by alias',
    });
    expect(meanings(['Nom', 'Nom complet', 'Surname'], defaultColumns)).toEqual({
      Nom: 'LastName by alias',
      'Nom complet': undefined,
      Surname: undefined,
    });
  });

  it('is told by its values where they are all addresses', () => {
    const samples = { Contact: ['ann@example.org', 'bob@example.org'], Other: ['ann@example.org', 'none'] };
    expect(meanings(['Other', 'Contact'], defaultColumns, samples)).toEqual({
      Other: undefined,
      Contact: 'Email by likeness',
    });
  });

  it('means what was saved for it before anything else', () => {
    const saved = { Nom: { column: 'FirstName' }, Prénom: { drop: true }, Old: { column: 'Gone' } } as const;
    expect(matchHeader(['Nom', 'Prénom', 'Old', 'Email'], defaultColumns, saved)).toEqual([
      { name: 'Nom', column: 'FirstName', by: 'saved' },
      { name: 'Prénom', dropped: true },
      { name: 'Old' },
      { name: 'Email', column: 'Email', by: 'name' },
    ]);
  });

  it('is the same in any order', () => {
    expect(headerText(['b', 'a'])).toBe(headerText(['a', 'b']));
    expect(headerText(['a', 'b'])).not.toBe(headerText(['a,b']));
  });
});

describe('a preset', () => {
  const columns: Column[] = [
    { name: 'Code', type: 'text', role: 'externalId' },
    { name: 'Family', type: 'text', role: 'lastName', required: true },
    { name: 'Given', type: 'text', role: 'firstName', required: true },
    { name: 'Alive', type: 'boolean', role: 'state' },
  ];

  it('is told by its header in French and in English, whatever the columns of the roster are called', () => {
    const french = ['Identifiant', 'Nom', 'Prénom', 'Adresse e-mail', 'Mot de passe', 'Etat'];
    expect(presetOf(french)?.id).toBe('account');
    expect(matchHeader(french, columns).map(({ column, by }) => by && `${column} by ${by}`)).toEqual([
      'Code by preset',
      'Family by preset',
      'Given by preset',
      undefined,
      undefined,
      'Alive by preset',
    ]);
    const english = ['Identifier', 'Last name', 'First name', 'E-mail', 'Password', 'State'];
    expect(matchHeader(english, columns).filter(({ by }) => by === 'preset')).toHaveLength(4);
    expect(presetOf(['Name', 'Departments', 'Roles', 'Email'])?.id).toBe('members');
    expect(presetOf(['Nom', 'Prénom'])).toBeUndefined();
  });

  it('takes no column from a header that has its name', () => {
    const names = ['Identifiant', 'Nom', 'Prénom', 'Etat', 'Code'];
    expect(matchHeader(names, columns).map(({ column }) => column)).toEqual([
      undefined,
      'Family',
      'Given',
      'Alive',
      'Code',
    ]);
  });
});

it('tells headers of passwords', () => {
  const secret = ['Mot de passe', 'MOT DE PASSE PROVISOIRE', 'Password', 'user_password', 'pwd', 'MDP'];
  expect(secret.filter(isPasswordLabel)).toEqual(secret);
  expect(['Passport', 'Passage', 'Nom', ''].filter(isPasswordLabel)).toEqual([]);
});

describe('what an admin says about the headers', () => {
  const names = ['Code', 'Nom', 'Prénom', 'Taille'];
  const good: HeaderChoices = {
    Code: { column: 'MemberID' },
    Nom: { column: 'LastName' },
    Prénom: { column: 'FirstName' },
    Taille: { keep: true },
  };
  const faults = (choices: HeaderChoices, of: readonly string[] = names) => {
    try {
      settleChoices(of, defaultColumns, choices);
      return [];
    } catch (error) {
      if (!isMusterError(error, 'invalid_mapping')) throw error;
      return error.places.map(({ path, message }) => `${path}: ${message}`);
    }
  };

  it('adds a text column for each header that is kept, once', () => {
    const { meanings, added } = settleChoices(names, defaultColumns, good);
    expect(added).toEqual([{ name: 'Taille', type: 'text' }]);
    expect(meanings).toEqual({ ...good, Taille: { column: 'Taille' } });
    expect(settleChoices(names, [...defaultColumns, ...added], good)).toEqual({ meanings, added: [] });
  });

  it.each<[string, HeaderChoices, RegExp]>([
    [
      'a header that nothing is said of',
      { ...good, Taille: undefined as never },
      /^columns.Taille: Say what/,
    ],
    [
      'a header that the file does not have',
      { ...good, Foo: { drop: true } },
      /^columns.Foo: The file has no header/,
    ],
    [
      'an unknown column',
      { ...good, Taille: { column: 'Size' } },
      /^columns.Taille: The roster has no column “Size”/,
    ],
    [
      'two headers for one column',
      { ...good, Taille: { column: 'LastName' } },
      /^columns.Taille: “Nom” and “Taille” both/,
    ],
    [
      'a needed column without a header',
      { ...good, Nom: { drop: true } },
      /^columns: The roster needs the column “LastName”/,
    ],
  ])('may not have %s', (_, choices, fault) => {
    expect(faults(choices)).toEqual([expect.stringMatching(fault)]);
  });

  it('may neither keep nor map passwords, nor keep what names no column', () => {
    const odd = ['Mot de passe', '--', 'x'.repeat(101), 'Größe', 'GROSSE', 'Grosse'];
    const kept = Object.fromEntries(odd.map((name) => [name, { keep: true }] as const));
    expect(faults({ ...good, ...kept }, [...names, ...odd]).map((fault) => fault.split(': ')[0])).toEqual([
      'columns.Mot de passe',
      'columns.--',
      `columns.${'x'.repeat(101)}`,
      'columns.Grosse',
    ]);
    expect(faults({ ...good, Pwd: { column: 'Email' } }, [...names, 'Pwd'])).toHaveLength(1);
  });
});

describe('each preset', () => {
  it.each(presets.map((preset) => [preset.id, preset] as const))(
    '%s has a roster that holds, and its own template is told and mapped',
    (id, { columns, template, needed }) => {
      expect(() => checkSchema(columns)).not.toThrow();
      expect(presetOf(template)?.id).toBe(id);
      const mapped = mapHeader(template, columns);
      expect(mapped).toMatchObject({ report: { ignored: template.filter(isPasswordLabel) } });
      expect(needed.every((role) => columns.some((column) => column.role === role))).toBe(true);
      const { header, rows } = samplePreset(id);
      expect(header).toEqual(template);
      expect(rows.map((row) => row.length)).toEqual([template.length, template.length, template.length]);
    },
  );

  it('makes identifiers where the roster says so, and of files of accounts where it says nothing', () => {
    const account = ['Identifiant', 'Nom', 'Prénom', 'Etat'];
    const named = (more: Partial<Column>): Column[] => [
      { name: 'Identifiant', type: 'text', role: 'externalId', ...more },
    ];
    expect(makesIdentifiers(account, named({}))).toBe(true);
    expect(makesIdentifiers(account, named({ madeFromName: false }))).toBe(false);
    expect(makesIdentifiers(account, named({ type: 'integer' }))).toBe(false);
    expect(makesIdentifiers(['Identifiant', 'Nom'], named({}))).toBe(false);
    expect(makesIdentifiers(['Nom'], named({ madeFromName: true }))).toBe(true);
  });

  it('needs a name where the file has no identifier', () => {
    const columns: Column[] = [
      { name: 'ID', type: 'text', role: 'externalId', madeFromName: true },
      { name: 'First', type: 'text', role: 'firstName' },
      { name: 'Last', type: 'text', role: 'lastName' },
    ];
    expect(mapHeader(['First', 'Last'], columns)).toMatchObject({ columns: columns.slice(1) });
    expect(mapHeader(['First'], columns)).toMatchObject({ code: 'missing_column', absent: ['ID'] });
    const wrong: Column[] = [{ name: 'ID', type: 'integer', role: 'externalId', madeFromName: true }];
    expect(() => checkSchema(wrong)).toThrow();
    expect(() => checkSchema([...columns, { name: 'Mot de passe', type: 'text' }])).toThrow();
  });
});
