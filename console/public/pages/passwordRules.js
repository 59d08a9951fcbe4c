/**
 * What the user pool asks of a password, told while it is typed. The pool alone decides (`infra/constructs/accounts.ts`);
 * a unit test holds these equal to its policy. Only characters of Basic Latin count, as for Cognito. Pure.
 */
const symbols = '^$*.[]{}()?-"!@#%&/\\,><\':;|_~`+=';

export const passwordRules = [
  { key: 'rule.length', isMet: (password) => password.length >= 12 && password.length <= 256 },
  { key: 'rule.capital', isMet: (password) => /[A-Z]/.test(password) },
  { key: 'rule.small', isMet: (password) => /[a-z]/.test(password) },
  { key: 'rule.digit', isMet: (password) => /[0-9]/.test(password) },
  { key: 'rule.symbol', isMet: (password) => [...password].some((one) => symbols.includes(one)) },
];

/** Whether a password meets every rule. */
export const isGoodPassword = (password) => passwordRules.every(({ isMet }) => isMet(password));
