import type { IncomingMessage } from 'node:http';

/** Consul, or what stands in its place, answered with another status than 2xx. */
export class RefusedError extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(message: string, status: number, body: unknown, cause: unknown) {
    super(message, { cause });
    this.name = 'RefusedError';
    this.status = status;
    this.body = body;
  }
}

/** What failed, on what, and how to fix it. */
export function failureOf(error: unknown, what: string): Error {
  const response = (error as { response?: IncomingMessage & { body?: unknown } } | null)?.response;
  const status = response?.statusCode;
  // An answer that broke off has a good status all the same.
  if (status === undefined || (status >= 200 && status < 300))
    return new Error(`${what}: ${reasonOf(error)}`, { cause: error });
  const said =
    String(response?.body ?? '')
      .trim()
      .slice(0, 200) || response?.statusMessage;
  return new RefusedError(`${what}: HTTP ${status} ${said}${hintFor(status)}`, status, response?.body, error);
}

function hintFor(status: number): string {
  if (status === 403) return ' (the token needs key_prefix and session_prefix "write", see bus/consul/README.md)';
  if (status === 500) return ' (no quorum, or Consul is overloaded: see `consul operator raft list-peers`)';
  return '';
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message || error.name : String(error);
}
