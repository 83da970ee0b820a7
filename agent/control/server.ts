import { once } from 'node:events';
import { chmod, mkdir, unlink } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import type { Problem } from '../../model/index.ts';
import { http, type Log } from '../../system/index.ts';

/** The reply of a route: JSON, plain text, or lines of JSON. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly contentType?: string;
  /** Writes the reply, one line a value, instead of `body`. `gone` aborts when the client has closed the connection. */
  readonly stream?: (write: (value: unknown) => void, gone: AbortSignal) => Promise<void>;
}

/** Gets the parsed JSON body (undefined without one). Expected failures are replies; an exception becomes a 500. */
export type ControlRoute = (body: unknown) => ControlAnswer | Promise<ControlAnswer>;

export interface ControlServer {
  /** Idempotent; resolves when the socket and all connections are closed. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 8 << 20;

/**
 * Serves the agent's API: HTTP over a unix socket that only its owner may open. Routes are named like `GET /v1/status`.
 * Rejects when another agent answers on the socket.
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
      .then((reply) => (reply.stream ? sendLines(response, reply.stream) : send(response, reply)))
      .catch((error: unknown) => log.debug({ err: error }, 'control client disconnected'));
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
    throw new Error(`another agent answers at ${path}: stop it, or set another runDir for this one`);
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
      what: 'is not a route of this agent',
      hint: `use one of: ${[...routes.keys()].join(', ')}`,
    });
  const body = await readBody(request);
  return 'refusal' in body ? body.refusal : route(body.value);
}

async function readBody(request: IncomingMessage): Promise<{ value: unknown } | { refusal: ControlAnswer }> {
  const subject = 'request body';
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES)
    return { refusal: refusal(413, { subject, what: 'is larger than 8 MiB', hint: 'send it in parts' }) };
  let raw = '';
  for await (const chunk of request.setEncoding('utf8')) {
    raw += chunk;
    if (raw.length > MAX_BODY_BYTES)
      return { refusal: refusal(413, { subject, what: 'is larger than 8 MiB', hint: 'send it in parts' }) };
  }
  try {
    return { value: raw === '' ? undefined : JSON.parse(raw) };
  } catch (error) {
    return {
      refusal: refusal(400, { subject, what: `is not JSON: ${(error as Error).message}`, hint: 'send JSON' }),
    };
  }
}

/** A reply that says what is wrong. */
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

async function sendLines(response: ServerResponse, stream: NonNullable<ControlAnswer['stream']>): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client has closed the connection')));
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  await stream((value) => void response.write(`${JSON.stringify(value)}\n`), gone.signal);
  response.end();
}
