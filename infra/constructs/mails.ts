import { Duration } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import {
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailSendingEvent,
  EventDestination,
} from 'aws-cdk-lib/aws-ses';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { queueWithDeadLetters } from './queue-with-dead-letters.ts';

/**
 * How long the sender may take for a batch: 10 mails at once, up to 20 seconds of waiting for their turns, 1.5 for
 * whether their sender is verified and 8 for SES, twice where it refuses. The
 * queue hides a message for six times as long, more than the sender's hold on a mail (`mailLeaseSeconds`): a message
 * that comes again finds the mail free.
 */
export const sendTimeout = Duration.minutes(2);
/** How long the follower may take for a batch of events. */
export const eventsTimeout = Duration.seconds(30);

/** What one sender reaches by itself: a batch of 10 takes it less than half a second beside the waiting. */
const perSecondOfSender = 20;
/** The least that SQS lets run at once for a queue. */
const sendersMin = 2;

/**
 * Mails on their way out and what SES tells of them: a queue to be sent from, and a configuration set whose events
 * come back through EventBridge and a queue of their own.
 */
export class Mails extends Construct {
  /** Mails to be sent. */
  readonly queue: Queue;
  /** Mails that could not be sent for a reason that nobody foresaw. */
  readonly deadLetters: Queue;
  /** What SES tells. */
  readonly events: Queue;
  /** Events that could not be followed. */
  readonly eventDeadLetters: Queue;
  readonly configurationSet: ConfigurationSet;
  readonly #senders: number;

  constructor(scope: Construct, id: string, { mailPerSecond }: { mailPerSecond: number }) {
    super(scope, id);
    const mails = queueWithDeadLetters(this, sendTimeout);
    this.queue = mails.queue;
    this.deadLetters = mails.deadLetters;
    const told = queueWithDeadLetters(new Construct(this, 'Events'), eventsTimeout);
    this.events = told.queue;
    this.eventDeadLetters = told.deadLetters;
    this.#senders = Math.max(sendersMin, Math.ceil(mailPerSecond / perSecondOfSender));
    this.configurationSet = new ConfigurationSet(this, 'ConfigurationSet', {
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
      reputationMetrics: true,
    });
    const destination = this.configurationSet.addEventDestination('ToEventBridge', {
      destination: EventDestination.eventBus(EventBus.fromEventBusName(this, 'Bus', 'default')),
      events: [
        EmailSendingEvent.SEND,
        EmailSendingEvent.DELIVERY,
        EmailSendingEvent.BOUNCE,
        EmailSendingEvent.COMPLAINT,
        EmailSendingEvent.REJECT,
      ],
    });
    const rule = new Rule(this, 'Told', {
      description: 'SES tells how far a mail is',
      eventPattern: {
        source: ['aws.ses'],
        detailType: [
          'Email Sent',
          'Email Delivered',
          'Email Bounced',
          'Email Complaint Received',
          'Email Rejected',
        ],
        detail: { mail: { tags: { 'ses:configuration-set': [this.configurationSet.configurationSetName] } } },
      },
      targets: [new SqsQueue(this.events, { deadLetterQueue: this.eventDeadLetters })],
    });
    // No event comes before somebody listens.
    destination.node.addDependency(rule);
  }

  /** Lets a function send the mails, and another one follow the events. */
  serve({ send, follow }: { send: LambdaFunction; follow: LambdaFunction }): void {
    const common = { batchSize: 10, reportBatchItemFailures: true };
    send.addEventSource(new SqsEventSource(this.queue, { ...common, maxConcurrency: this.#senders }));
    follow.addEventSource(new SqsEventSource(this.events, common));
  }
}
