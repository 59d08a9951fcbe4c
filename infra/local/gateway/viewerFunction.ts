import { createContext, Script } from 'node:vm';
import type { ViewerRequest } from './http.ts';

/** A CloudFront function for viewers' requests, as far as it says which path the origin is asked for. */
export type ViewerFunction = (request: Pick<ViewerRequest, 'method' | 'path' | 'sourceIp'>) => string;

/** CloudFront gives a function less than a millisecond of its own; here the time of other processes counts too. */
const timeout = 2_000;

/**
 * Runs the code of an `AWS::CloudFront::Function`, apart from this process's globals. It gets method, path and address, but
 * neither headers, cookies nor query.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 *
 * @throws Error when asked, if the function answers the viewer itself, which is not hosted
 */
export function viewerFunction(code: string): ViewerFunction {
  const script = new Script(`${code}\n;JSON.stringify(handler(JSON.parse(event)));`);
  return ({ method, path, sourceIp }) => {
    const request = { method, uri: path, querystring: {}, headers: {}, cookies: {} };
    const event = { version: '1.0', viewer: { ip: sourceIp }, request };
    const globals = createContext(Object.assign(Object.create(null), { event: JSON.stringify(event) }));
    const answer: { uri?: unknown } = JSON.parse(String(script.runInContext(globals, { timeout })));
    if (typeof answer.uri !== 'string') throw new Error('A CloudFront function that answers is not hosted');
    return answer.uri;
  };
}
