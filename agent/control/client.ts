import type { IncomingMessage } from 'node:http';
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

function send(
  socketPath: string,
  { method, path, body, timeoutMs = 15_000 }: ControlRequest,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = http.request({ socketPath, method, path, signal: AbortSignal.timeout(timeoutMs) });
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
