/** One CORS rule, as in https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html; one `*` allowed in an origin or header. */
export interface CorsRule {
  allowedOrigins: string[];
  allowedMethods: string[];
  allowedHeaders?: string[];
  exposedHeaders?: string[];
  maxAgeSeconds?: number;
}

/** A bucket as the template declares it. */
export interface BucketSettings {
  name: string;
  /** Whether object events go to EventBridge. */
  eventBridge: boolean;
  cors?: CorsRule[];
  /** Lifecycle: an object older than this is removed by `sweep()`. */
  expirationDays?: number;
}
