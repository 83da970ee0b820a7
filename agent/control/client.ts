import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Problem } from '../../model/index.ts';
import { http } from '../../system/index.ts';
import { parseReply } from './reported-problems.ts';

/** `away`: no agent answers at the socket. `refused`: the agent refused the request, or the socket may not be opened. */
export type ControlReply =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }
  | { readonly kind: 'away' };

export interface ControlRequest {
  readonly method: 'GET' | 'POST';
  /** `/v1/status`. */
  readonly path: string;
  readonly body?: unknown;
  /** Default 15 s. */
  readonly timeoutMs?: number;
}

/** Sends a request to the agent of this host. Never rejects. */
export async function askAgent(socketPath: string, asked: ControlRequest): Promise<ControlReply> {
  try {
    const response = await send(socketPath, asked);
    const raw = await text(response);
    const isJson = response.headers['content-type'] === 'application/json';
    const body = isJson ? parseReply(raw) : raw;
    const status = response.statusCode ?? 0;
    return status < 400 ? { kind: 'answer', status, body } : { kind: 'refused', problems: problemsIn(body) };
  } catch (error) {
    return failure(socketPath, error as NodeJS.ErrnoException);
  }
}

/**
 * The same for a reply of many lines: calls `onLine` with each, and resolves after the last one. The agent is told when `signal` aborts.
 * An agent that ends in the middle is `away`.
 */
export async function followAgent(
  socketPath: string,
  asked: ControlRequest,
  { onLine, signal }: { readonly onLine: (line: unknown) => void; readonly signal: AbortSignal },
): Promise<ControlReply> {
  try {
    const response = await send(socketPath, asked, signal);
    const status = response.statusCode ?? 0;
    if (status >= 400) return { kind: 'refused', problems: problemsIn(parseReply(await text(response))) };
    await eachLine(response, onLine);
    return response.complete ? { kind: 'answer', status, body: null } : { kind: 'away' };
  } catch (error) {
    return failure(socketPath, error as NodeJS.ErrnoException);
  }
}

/** An agent that ends in the middle of its reply is no fault of the connection: `complete` says so. */
async function eachLine(response: IncomingMessage, onLine: (line: unknown) => void): Promise<void> {
  try {
    for await (const line of createInterface({ input: response })) onLine(JSON.parse(line));
  } catch (error) {
    if (response.complete) throw error;
  }
}

function send(
  socketPath: string,
  { method, path, body, timeoutMs = 15_000 }: ControlRequest,
  signal = AbortSignal.timeout(timeoutMs),
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = http.request({ socketPath, method, path, signal });
    sent.once('response', resolve).once('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function failure(socketPath: string, error: NodeJS.ErrnoException): ControlReply {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') return { kind: 'away' };
  const hint = error.code === 'EACCES' ? 'run this command as root' : 'check whether the agent is busy; see its log';
  return { kind: 'refused', problems: [{ subject: `agent at ${socketPath}`, what: error.message, hint }] };
}

function problemsIn(body: unknown): readonly Problem[] {
  const { problems } = (body ?? {}) as { problems?: readonly Problem[] };
  return problems ?? [{ subject: 'agent', what: String(body), hint: 'see the log of the agent' }];
}
