import { describe, expect, it } from 'vitest';
import { env, readEnv } from '../../../layers/roster/src/lambda/env.ts';
import { lazily } from '../../../layers/roster/src/lambda/lazily.ts';

describe('the environment', () => {
  it('gives what a need names', () => {
    expect(readEnv(env.table, { TABLE_NAME: 'T', OTHER: 'x' })).toEqual({ TABLE_NAME: 'T' });
  });

  it('names all that is missing', () => {
    expect(() => readEnv(env.stage, {})).toThrow(/STAGE.*AWS_REGION/);
    expect(() => readEnv(env.table, { TABLE_NAME: '' })).toThrow(/TABLE_NAME/);
  });

  it('reads limits from JSON, with defaults (100 MiB, 1,000,000 rows)', () => {
    const { IMPORT_LIMITS } = readEnv(env.importLimits, { IMPORT_LIMITS: '{"columnsMax": 7}' });
    expect(IMPORT_LIMITS).toMatchObject({ columnsMax: 7, fileBytesMax: 104_857_600, rowsMax: 1_000_000 });
  });

  it('tells which limit is wrong, and of no JSON that it is none', () => {
    expect(() => readEnv(env.importLimits, { IMPORT_LIMITS: '{"rowsMax": -1}' })).toThrow(
      /IMPORT_LIMITS.*rowsMax/,
    );
    expect(() => readEnv(env.importLimits, { IMPORT_LIMITS: '{' })).toThrow(/IMPORT_LIMITS: is not JSON/);
  });
});

it('adapters are made when first touched, once', () => {
  const made: string[] = [];
  const make = (name: string) => () => {
    made.push(name);
    return { name };
  };
  const all = lazily<{ a: { name: string }; b: { name: string } }>({ a: make('a'), b: make('b') });
  expect(made).toEqual([]);
  expect(all.a).toBe(all.a);
  expect(made).toEqual(['a']);
});
