/** Moves mails on and tells it to whom it concerns. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MailRecords, MailRef } from '../aws/mails.ts';
import type { MailOutcome, MailRecord } from '../domain/mail.ts';
import { logger, metrics } from './observability.ts';

/**
 * Is told how far a mail is, for its `owner` to follow. The same may be told again, after a fault or by another path,
 * so it must do no harm twice.
 */
export type MailListener = (organization: string, mail: MailRecord) => Promise<void>;

export interface MoveDeps {
  mails: Pick<MailRecords, 'move'>;
  onMailState: MailListener;
  clock: () => Date;
}

/** Moves a mail on, if the outcome says more than is known. */
export async function moveMail(
  { mails, onMailState, clock }: MoveDeps,
  ref: MailRef,
  outcome: MailOutcome,
  messageId?: string,
): Promise<void> {
  const moved = await mails.move(ref, outcome, clock(), messageId);
  if (moved === undefined) return;
  if (moved.isNew) {
    metrics.addMetric(metricOf[outcome.state], MetricUnit.Count, 1);
    metrics.publishStoredMetrics();
  }
  await onMailState(ref.organization, moved.record);
}

const metricOf: Record<MailOutcome['state'], string> = {
  sent: 'MailsSent',
  delivered: 'MailsDelivered',
  bounced: 'MailsBounced',
  complained: 'MailsComplained',
  suppressed: 'MailsSuppressed',
  failed: 'MailsFailed',
};

/** Leaves a line in the log; never the address. */
export const noteMailState: MailListener = async (organization, { mailId, kind, state, owner, code }) => {
  logger.info('A mail moved on', { organization, mailId, kind, state, owner: owner.id, code });
};
