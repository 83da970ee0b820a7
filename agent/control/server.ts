import { once } from 'node:events';
import { chmod, mkdir, unlink } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import type { Problem } from '../../model/index.ts';
import { http, type Log } from '../../system/index.ts';

/** What a route answers: JSON, or text as it is. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly contentType?: string;
}

/** Gets the parsed JSON body (undefined without one); expected failures are answers, what is thrown becomes a 500. */
export type ControlRoute = (body: unknown) => ControlAnswer | Promise<ControlAnswer>;

export interface ControlServer {
  /** Idempotent; resolves when the socket and all connections are gone. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 8 << 20;

/**
 * The agent's own API: HTTP over a unix socket that only its owner may open. `routes` are named `GET /v1/status`. Rejects
 * when another agent answers there.
 */
export async function serveControl(
  { log }: { readonly log: Log },
  { path, routes }: { readonly path: string; readonly routes: ReadonlyMap<string, ControlRoute> },
): Promise<ControlServer> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await removeDeadSocket(path);
  const server = http.createServer((request, response) => {
    answer(request, routes)
      .catch((error: unknown) => failed(log, request, error))
      .then((reply) => send(response, reply))
      .catch((error: unknown) => log.debug({ err: error }, 'control client went away'));
  });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o600);
  return {
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), 1000);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function removeDeadSocket(path: string): Promise<void> {
  if (await isAnswered(path))
    throw new Error(`another agent answers at ${path}: end it, or give this one a run directory of its own`);
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function answer(request: IncomingMessage, routes: ReadonlyMap<string, ControlRoute>): Promise<ControlAnswer> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const route = routes.get(`${request.method} ${path}`);
  if (!route)
    return refusal(404, {
      subject: `${request.method} ${path}`,
      what: 'no such route',
      hint: `there are ${[...routes.keys()].join(', ')}`,
    });
  const body = await readBody(request);
  return 'refusal' in body ? body.refusal : route(body.value);
}

async function readBody(request: IncomingMessage): Promise<{ value: unknown } | { refusal: ControlAnswer }> {
  const subject = 'request body';
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES)
    return { refusal: refusal(413, { subject, what: 'it is larger than 8 MiB', hint: 'send it in parts' }) };
  let raw = '';
  for await (const chunk of request.setEncoding('utf8')) {
    raw += chunk;
    if (raw.length > MAX_BODY_BYTES)
      return { refusal: refusal(413, { subject, what: 'it is larger than 8 MiB', hint: 'send it in parts' }) };
  }
  try {
    return { value: raw === '' ? undefined : JSON.parse(raw) };
  } catch (error) {
    return {
      refusal: refusal(400, { subject, what: `it is no JSON: ${(error as Error).message}`, hint: 'send JSON' }),
    };
  }
}

/** An answer that says what is wrong. */
export function refusal(status: number, ...problems: readonly Problem[]): ControlAnswer {
  return { status, body: { problems } };
}

function failed(log: Log, request: IncomingMessage, error: unknown): ControlAnswer {
  log.error({ err: error, url: request.url }, 'control request failed');
  const what = error instanceof Error ? error.message : String(error);
  return refusal(500, { subject: `${request.method} ${request.url}`, what, hint: 'see the log of the agent' });
}

function send(response: ServerResponse, { status, body, contentType }: ControlAnswer): void {
  const payload = contentType === undefined ? `${JSON.stringify(body)}\n` : String(body);
  response.writeHead(status, { 'content-type': contentType ?? 'application/json' });
  response.end(payload);
}
