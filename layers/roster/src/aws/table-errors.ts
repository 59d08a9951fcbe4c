/**
 * The errors of DynamoDB that Muster tells apart, translated from the SDK's exact classes (Developer Guide, "Error
 * handling with DynamoDB"). Everything else passes through as it is.
 */
import {
  type CancellationReason,
  ConditionalCheckFailedException,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { MusterError } from '../domain/errors.ts';

/** A stored item, in plain JavaScript values. */
export type Item = Record<string, unknown>;

/**
 * The condition of a single write did not hold. `item` is what is stored, if anything is; it is no property that
 * logs would find, since it may hold personal data.
 */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed';
  readonly #item: Item | undefined;

  constructor(item: Item | undefined, cause: unknown) {
    super('The condition of a write did not hold.', { cause });
    this.#item = item;
  }

  get item(): Item | undefined {
    return this.#item;
  }
}

/** What became of one action of a transaction that was cancelled: `None` where nothing was wrong with it. */
export interface TransactionReason {
  code: string;
  /** What is stored under the action's key, where its condition did not hold and something is stored. */
  item?: Item;
}

/** A transaction was cancelled because conditions did not hold. `reasons` are in the order of the actions. */
export class TransactionFailed extends Error {
  override readonly name = 'TransactionFailed';
  readonly #reasons: TransactionReason[];

  constructor(reasons: TransactionReason[], cause: unknown) {
    const failed = reasons.flatMap((reason, index) => (isConditionReason(reason) ? [index] : []));
    super(`The conditions of actions ${failed.join(', ')} of a transaction did not hold.`, { cause });
    this.#reasons = reasons;
  }

  /** In the order of the actions; hidden from logs like the item of {@link ConditionFailed}. */
  get reasons(): TransactionReason[] {
    return this.#reasons;
  }

  /** Whether the condition of the action at `index` was among those that did not hold. */
  failedAt(index: number): boolean {
    const reason = this.#reasons[index];
    return reason !== undefined && isConditionReason(reason);
  }
}

const transientReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

function isConditionReason(reason: { code?: string; Code?: string | undefined }): boolean {
  return (reason.code ?? reason.Code) === 'ConditionalCheckFailed';
}

function reasonsOf(error: TransactionCanceledException): CancellationReason[] {
  return error.CancellationReasons ?? [];
}

/**
 * Whether the same request may succeed a moment later although the SDK does not repeat it: another transaction
 * has the item, or an action of the transaction was throttled.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  if (!(error instanceof TransactionCanceledException)) return false;
  const reasons = reasonsOf(error);
  return !reasons.some(isConditionReason) && reasons.some(({ Code }) => transientReasons.has(Code ?? ''));
}

function isThrottling(error: unknown): boolean {
  return (
    error instanceof ThrottlingException ||
    error instanceof ProvisionedThroughputExceededException ||
    error instanceof RequestLimitExceeded ||
    error instanceof TransactionInProgressException
  );
}

/**
 * Translates what the SDK threw, after its own and our repeats: a condition into {@link ConditionFailed} or
 * {@link TransactionFailed}, throttling into the MusterError `throttled`, anything else into itself.
 */
export function translated(error: unknown): unknown {
  if (error instanceof ConditionalCheckFailedException) {
    return new ConditionFailed(error.Item && unmarshall(error.Item), error);
  }
  if (error instanceof TransactionCanceledException && reasonsOf(error).some(isConditionReason)) {
    const reasons = reasonsOf(error).map(({ Code, Item }) => ({
      code: Code ?? 'None',
      ...(Item && { item: unmarshall(Item) }),
    }));
    return new TransactionFailed(reasons, error);
  }
  if (isThrottling(error) || isTransient(error)) {
    return new MusterError('throttled', 'The table is busy. Try again in a moment.', { cause: error });
  }
  return error;
}
