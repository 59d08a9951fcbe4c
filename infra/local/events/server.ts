import { randomUUID } from 'node:crypto';
import { type Endpoint, type Input, listenAwsJson, ServiceError } from '../states/aws-json.ts';
import type { Bus } from './bus.ts';
import { eventTime } from './envelope.ts';

const entriesMax = 10;

/**
 * Serves `PutEvents` (AWS JSON 1.1) for a bus, on 127.0.0.1.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function startEvents(options: {
  bus: Pick<Bus, 'put'>;
  port?: number;
  region: string;
  accountId: string;
}): Promise<Endpoint> {
  const { bus, region, accountId } = options;

  async function putEntry(entry: Input): Promise<object> {
    const problem = findProblem(entry);
    if (problem) return problem;
    const id = randomUUID();
    // The SDK's JSON protocol sends times as seconds since the epoch.
    const timeMs = typeof entry.Time === 'number' ? entry.Time * 1000 : Date.now();
    await bus.put({
      version: '0',
      id,
      'detail-type': String(entry.DetailType),
      source: String(entry.Source),
      account: accountId,
      time: eventTime(timeMs),
      region,
      resources: Array.isArray(entry.Resources) ? entry.Resources.map(String) : [],
      detail: JSON.parse(String(entry.Detail)),
    });
    return { EventId: id };
  }

  async function putEvents({ Entries }: Input): Promise<object> {
    if (!Array.isArray(Entries) || Entries.length < 1 || Entries.length > entriesMax)
      throw new ServiceError('ValidationException', `Entries must have 1 to ${entriesMax} members`);
    const results: object[] = [];
    for (const entry of Entries as Input[]) results.push(await putEntry(entry));
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  }

  const operations = { PutEvents: putEvents };
  return listenAwsJson({ prefix: 'AWSEvents', version: '1.1', port: options.port, operations });
}

function findProblem(entry: Input): { ErrorCode: string; ErrorMessage: string } | undefined {
  const missing = ['Source', 'DetailType', 'Detail'].find(
    (field) => typeof entry[field] !== 'string' || !entry[field],
  );
  if (missing)
    return {
      ErrorCode: 'InvalidArgument',
      ErrorMessage: `Parameter ${missing} is not valid. Reason: it is required.`,
    };
  if (/^aws\./.test(String(entry.Source)))
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  try {
    const detail: unknown = JSON.parse(String(entry.Detail));
    if (typeof detail === 'object' && detail !== null && !Array.isArray(detail)) return undefined;
  } catch {
    // Falls through: text that is no JSON and JSON that is no object get the same answer.
  }
  return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
}
