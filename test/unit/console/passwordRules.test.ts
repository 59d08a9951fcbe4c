import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../console/public/pages/catalogue.js';
import { isGoodPassword, passwordRules } from '../../../console/public/pages/passwordRules.js';
import { Accounts } from '../../../infra/constructs/accounts.ts';
import { checkPolicy } from '../../../infra/local/cognito/passwords.ts';
import { stages } from '../../../infra/stages.ts';
import { passwordPolicy } from '../../../layers/roster/src/aws/identity.ts';

const stack = new Stack(new App({ builtinCloudFormationValidation: false, analyticsReporting: false }));
new Accounts(stack, 'Accounts', { stage: stages.dev });
const [pool] = Object.values(Template.fromStack(stack).findResources('AWS::Cognito::UserPool'));
const declared = pool?.Properties.Policies.PasswordPolicy;
const policy = {
  minimumLength: declared.MinimumLength,
  requireLowercase: declared.RequireLowercase,
  requireUppercase: declared.RequireUppercase,
  requireNumbers: declared.RequireNumbers,
  requireSymbols: declared.RequireSymbols,
  temporaryPasswordDays: declared.TemporaryPasswordValidityDays,
};

function isTaken(password: string): boolean {
  try {
    checkPolicy(password, policy);
    return password.length <= 256;
  } catch {
    return false;
  }
}

describe('the rules of passwords', () => {
  it('are those of the user pool, for any password', () => {
    const character = fc.constantFrom(...'aZ0!~`= é–b9\u0301');
    const almost = fc
      .tuple(
        fc.string({ unit: character, maxLength: 14 }),
        fc.constantFrom('', 'aA1!aA1!', 'aA1!'.repeat(64)),
      )
      .map(([one, other]) => one + other);
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(almost, fc.string({ unit: 'binary-ascii', maxLength: 30 })), (password) => {
        if (isTaken(password)) taken += 1;
        expect(isGoodPassword(password)).toBe(isTaken(password));
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it.each([
    ['Aa1!', 'rule.length'],
    ['aaaaaaaaaa1!', 'rule.capital'],
    ['AAAAAAAAAA1!', 'rule.small'],
    ['Aaaaaaaaaaa!', 'rule.digit'],
    ['Aaaaaaaaaaa1', 'rule.symbol'],
  ])('%s lacks %s alone', (password, missing) => {
    expect(passwordRules.filter(({ isMet }) => !isMet(password)).map(({ key }) => key)).toEqual([missing]);
  });

  it('are told in the words of the API', () => {
    const english = catalogue.en as Record<string, string>;
    const [length, ...kinds] = passwordRules.map(({ key }) => english[key]);
    expect(passwordPolicy).toBe(
      `A password has ${length}, with ${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}.`,
    );
  });
});
