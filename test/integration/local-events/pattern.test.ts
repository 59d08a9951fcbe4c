import { expect, test } from 'vitest';
import { checkPattern, matchesPattern } from '../../../infra/local/events/pattern.ts';

const event = {
  source: 'aws.s3',
  'detail-type': 'Object Created',
  resources: ['arn:aws:s3:::muster-uploads', 'arn:aws:s3:::other'],
  detail: {
    bucket: { name: 'muster-uploads' },
    object: { key: 'orgs/o1/imports/i1/Roster.CSV', size: 1024 },
    tags: ['roster', 'late'],
    deleted: false,
    note: null,
  },
};

// Operators and their meanings: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
test.each<[string, boolean, Record<string, unknown>]>([
  ['exact, all fields', true, { source: ['aws.s3'], detail: { bucket: { name: ['x', 'muster-uploads'] } } }],
  ['exact, one field differs', false, { source: ['aws.s3'], detail: { bucket: { name: ['x'] } } }],
  ['boolean and null', true, { detail: { deleted: [false], note: [null] } }],
  ['a number is no text', false, { detail: { object: { size: ['1024'] } } }],
  ['an element of an array', true, { resources: ['arn:aws:s3:::other'] }],
  ['prefix', true, { detail: { object: { key: [{ prefix: 'orgs/' }] } } }],
  ['prefix differs', false, { detail: { object: { key: [{ prefix: 'Orgs/' }] } } }],
  [
    'prefix, any case',
    true,
    { detail: { object: { key: [{ prefix: { 'equals-ignore-case': 'Orgs/' } }] } } },
  ],
  ['suffix, any case', true, { detail: { object: { key: [{ suffix: { 'equals-ignore-case': '.csv' } }] } } }],
  ['suffix', false, { detail: { object: { key: [{ suffix: '.csv' }] } } }],
  ['equals-ignore-case', true, { source: [{ 'equals-ignore-case': 'AWS.S3' }] }],
  ['wildcard', true, { detail: { object: { key: [{ wildcard: 'orgs/*/imports/*' }] } } }],
  ['wildcard, whole value', false, { detail: { object: { key: [{ wildcard: 'orgs/*/imports' }] } } }],
  ['wildcard, an escaped star', false, { source: [{ wildcard: 'aws.\\*' }] }],
  ['numeric range', true, { detail: { object: { size: [{ numeric: ['>', 0, '<=', 1024] }] } } }],
  ['numeric, out of range', false, { detail: { object: { size: [{ numeric: ['<', 1024] }] } } }],
  ['numeric, equal', true, { detail: { object: { size: [{ numeric: ['=', 1024] }] } } }],
  ['exists', true, { detail: { object: { key: [{ exists: true }] } } }],
  ['exists, though null', true, { detail: { note: [{ exists: true }] } }],
  ['exists false, absent', true, { detail: { reason: [{ exists: false }] } }],
  ['exists false below an absent object', true, { detail: { requester: { id: [{ exists: false }] } } }],
  ['exists false, present', false, { detail: { tags: [{ exists: false }] } }],
  ['anything-but', true, { detail: { object: { key: [{ 'anything-but': 'a' }] } } }],
  ['anything-but, the value', false, { source: [{ 'anything-but': ['a', 'aws.s3'] }] }],
  ['anything-but prefix', false, { source: [{ 'anything-but': { prefix: 'aws.' } }] }],
  ['anything-but a list of suffixes', false, { source: [{ 'anything-but': { suffix: ['.sqs', '.s3'] } }] }],
  ['anything-but wildcard', true, { source: [{ 'anything-but': { wildcard: '*.ec2' } }] }],
  ['anything-but needs a value', false, { detail: { reason: [{ 'anything-but': 'a' }] } }],
  ['$or, one of two', true, { $or: [{ source: ['a'] }, { detail: { tags: ['late'] } }] }],
  ['$or, none', false, { $or: [{ source: ['a'] }, { source: ['b'] }] }],
  ['$or and a field', false, { 'detail-type': ['x'], $or: [{ source: ['aws.s3'] }] }],
  ['$or deeper', true, { detail: { $or: [{ deleted: [true] }, { object: { size: [1024] } }] } }],
  ['no alternative', false, { source: [] }],
])('%s: %s', (_name, expected, pattern) => {
  checkPattern(pattern);
  expect(matchesPattern(pattern, event)).toBe(expected);
});

test('a pattern that would be misunderstood is refused, wherever it stands', () => {
  expect(() => checkPattern({ source: ['a'], detail: { ip: [{ cidr: '10.0.0.0/24' }] } })).toThrow(/cidr/);
  expect(() => checkPattern({ $or: [{ a: ['b'] }, { c: 'd' }] })).toThrow(/'c' must be an array/);
  expect(() => checkPattern({ a: [{ numeric: ['~', 1] }] })).toThrow(/numeric/);
});
