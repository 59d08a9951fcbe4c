import { rejectCodes } from 'roster/domain/import';
import { fileErrorCodes } from 'roster/files/errors';
import { describe, expect, it } from 'vitest';
import { imports } from '../../../console/src/texts/imports.en.ts';

describe('what went wrong with an import', () => {
  it.each(rejectCodes)('is said of a row with %s', (code) => {
    expect(imports.rejects).toHaveProperty(code);
  });

  it.each(fileErrorCodes)('is said of a file with %s', (code) => {
    expect(imports.errors).toHaveProperty(code);
  });
});
