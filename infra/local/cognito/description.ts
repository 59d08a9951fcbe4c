import * as z from 'zod';
import type { Cognito } from './cognito.ts';
import { invalidParameter } from './errors.ts';
import { type Operations, operation, optional, poolIdSchema } from './operation.ts';
import type { Pool } from './pools.ts';

/** The account number that every local ARN carries. */
const accountId = '000000000000';

/** The operations that read pools. */
export function description({ pools, users, region }: Cognito): Operations {
  const list = z.object({ MaxResults: z.int().min(1).max(60), NextToken: optional(z.string()) });
  return {
    DescribeUserPool: operation(z.object({ UserPoolId: poolIdSchema }), (input) => {
      const pool = pools.get(input.UserPoolId);
      return { UserPool: { ...describePool(pool, region), EstimatedNumberOfUsers: users.count(pool.id) } };
    }),
    ListUserPools: operation(list, ({ MaxResults, NextToken }) => {
      const all = pools.all();
      const start = NextToken === undefined ? 0 : all.findIndex(({ id }) => id === NextToken);
      if (start < 0) throw invalidParameter('Invalid pagination token.');
      const next = all[start + MaxResults];
      return {
        UserPools: all.slice(start, start + MaxResults).map(summarizePool),
        ...(next ? { NextToken: next.id } : {}),
      };
    }),
  };
}

/** Settings carry no name, so the id stands for it. */
function summarizePool(pool: Pool): object {
  return {
    Id: pool.id,
    Name: pool.id,
    CreationDate: pool.createdAt / 1000,
    LastModifiedDate: pool.modifiedAt / 1000,
  };
}

function describePool(pool: Pool, region: string): object {
  const policy = pool.passwordPolicy;
  return {
    ...summarizePool(pool),
    Arn: `arn:aws:cognito-idp:${region}:${accountId}:userpool/${pool.id}`,
    MfaConfiguration: pool.mfa,
    Policies: {
      PasswordPolicy: {
        MinimumLength: policy.minimumLength,
        RequireLowercase: policy.requireLowercase,
        RequireUppercase: policy.requireUppercase,
        RequireNumbers: policy.requireNumbers,
        RequireSymbols: policy.requireSymbols,
        TemporaryPasswordValidityDays: policy.temporaryPasswordDays,
      },
    },
    UsernameConfiguration: { CaseSensitive: true },
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
  };
}
