/** Where `npm run clock` reaches the clock: GET tells `{now, offset}`, PUT takes `{move}` or `{offset}`, in milliseconds. */
import { createServer, type IncomingMessage } from 'node:http';
import { type Endpoint, listen, readBody } from '../states/aws-json.ts';
import type { LocalClock } from './local-clock.ts';

/** Serves a clock on a free port of 127.0.0.1. Pages of other origins cannot move it: a PUT asks first, and is refused. */
export function serveClock(clock: LocalClock): Promise<Endpoint> {
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(clock, request).catch((error: unknown) => ({
      status: 400,
      body: { message: error instanceof Error ? error.message : String(error) },
    }));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  return listen(server);
}

async function answer(
  clock: LocalClock,
  request: IncomingMessage,
): Promise<{ status: number; body: object }> {
  if (request.method === 'PUT') {
    const { move, offset } = JSON.parse(await readBody(request)) as { move?: unknown; offset?: unknown };
    if (typeof move !== 'number' && typeof offset !== 'number') throw new Error('Give `move` or `offset`.');
    clock.move(typeof move === 'number' ? clock.offset + move : Number(offset));
  } else if (request.method !== 'GET') {
    return { status: 405, body: { message: 'GET or PUT' } };
  }
  return { status: 200, body: { now: new Date().toISOString(), offset: clock.offset } };
}
