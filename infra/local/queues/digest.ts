import { createHash } from 'node:crypto';

/** A message attribute as the API sends it; BinaryValue in base64. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** Message attributes by name. */
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** MD5 in hex, as SQS gives it so that clients can check what was stored. */
export function md5(content: string | Buffer): string {
  return createHash('md5').update(content).digest('hex');
}

/**
 * The digest of message attributes, which the SDK compares with its own.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function md5OfAttributes(attributes: MessageAttributes): string {
  const parts = Object.keys(attributes)
    .sort()
    .flatMap((name) => {
      const { DataType, StringValue, BinaryValue } = attributes[name] as MessageAttribute;
      const isBinary = DataType.startsWith('Binary');
      const value = isBinary ? Buffer.from(BinaryValue ?? '', 'base64') : Buffer.from(StringValue ?? '');
      return [
        sized(Buffer.from(name)),
        sized(Buffer.from(DataType)),
        Buffer.from([isBinary ? 2 : 1]),
        sized(value),
      ];
    });
  return md5(Buffer.concat(parts));
}

function sized(content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}
