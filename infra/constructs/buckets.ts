import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  HttpMethods,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { exportKeptDays } from 'roster/domain/export';
import { fileKeptDays } from 'roster/domain/import';
import type { Stage } from '../stages.ts';

/** What the buckets depend on. */
export interface BucketsProps {
  stage: Stage;
  /** Where the console is served, e.g. `https://roster.example.org`; uploads come from any origin if absent. */
  consoleOrigin: string | undefined;
}

/** How long roster files and reports stay: what they say lives on in the table. */
const keptDays = fileKeptDays;

/** Every bucket of the system: encrypted, private, TLS only, with its access logged. */
export class Buckets extends Construct {
  /** The files that admins upload, by presigned POST; announces each to EventBridge. */
  readonly uploads: Bucket;
  /** Rows, rejects and changes between the steps of an import. */
  readonly work: Bucket;
  /** The result of every row, for download. */
  readonly reports: Bucket;
  /** Exports of rosters, for download, and what is gathered for them; forgotten soon, for each holds a whole roster. */
  readonly exports: Bucket;
  /** The snapshots of the organizations' directories: what lists and searches read. Made anew from the table. */
  readonly directory: Bucket;
  /** The console and the public pages; only CloudFront reads it. */
  readonly site: Bucket;
  readonly #stage: Stage;
  readonly #logs: Bucket;

  constructor(scope: Construct, id: string, { stage, consoleOrigin }: BucketsProps) {
    super(scope, id);
    this.#stage = stage;
    this.#logs = this.#privateBucket('Logs', { lifecycleRules: [{ expiration: Duration.days(90) }] });
    const expiring = {
      expiration: Duration.days(keptDays),
      abortIncompleteMultipartUploadAfter: Duration.days(1),
    };
    this.uploads = this.#loggedBucket('Uploads', {
      lifecycleRules: [expiring],
      // The presigned policy decides who uploads what; the origin is a second lock once the domain is known. Taking
      // CloudFront's domain here would be circular: its origins need these buckets first.
      cors: [
        { allowedOrigins: [consoleOrigin ?? '*'], allowedMethods: [HttpMethods.POST], allowedHeaders: ['*'] },
      ],
    });
    announceObjects(this.uploads);
    this.work = this.#loggedBucket('Work', { lifecycleRules: [expiring] });
    this.reports = this.#loggedBucket('Reports', { lifecycleRules: [expiring] });
    this.exports = this.#loggedBucket('Exports', {
      lifecycleRules: [{ ...expiring, expiration: Duration.days(exportKeptDays) }],
    });
    this.directory = this.#loggedBucket('Directory', {
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    this.site = this.#loggedBucket('Site', {});
  }

  #loggedBucket(id: string, props: BucketProps): Bucket {
    const prefix = `${id.toLowerCase()}/`;
    return this.#privateBucket(id, {
      ...props,
      serverAccessLogsBucket: this.#logs,
      serverAccessLogsPrefix: prefix,
    });
  }

  #privateBucket(id: string, props: BucketProps): Bucket {
    return new Bucket(this, id, {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: this.#stage.isProtected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...props,
    });
  }
}

/**
 * Sends the bucket's events to EventBridge by CloudFormation's own property. CDK's `eventBridgeEnabled` would add a
 * Lambda function with rights on every bucket of the account for the same.
 */
function announceObjects(bucket: Bucket): void {
  const resource = bucket.node.defaultChild as CfnBucket;
  resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
}
