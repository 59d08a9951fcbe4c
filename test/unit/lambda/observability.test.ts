import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { translated } from '../../../layers/roster/src/aws/table-errors.ts';
import { describeError } from '../../../layers/roster/src/lambda/observability.ts';

it('a logged error names its causes and AWS’s request, and holds no stored item', () => {
  const cancelled = new TransactionCanceledException({
    message: 'Transaction cancelled',
    $metadata: { requestId: 'AWS-1' },
    CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { name: { S: 'Marie Curie' } } }],
  });
  const described = describeError(new Error('outer', { cause: translated(cancelled) }));
  expect(described).toMatchObject({
    name: 'Error',
    cause: {
      name: 'TransactionFailed',
      cause: { name: 'TransactionCanceledException', awsRequestId: 'AWS-1' },
    },
  });
  expect(JSON.stringify(described)).not.toContain('Marie');
  expect(JSON.stringify(translated(cancelled))).not.toContain('Marie');
});

it('a thrown thing that is no error is named by its kind only', () => {
  expect(describeError('secret')).toEqual({ name: 'string' });
});
