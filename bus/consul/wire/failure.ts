import type { IncomingMessage } from 'node:http';

/** Consul, or another server at its address, returned a status other than 2xx. */
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

/** An error that says what failed, at which address, and how to fix it. */
export function failureOf(error: unknown, what: string): Error {
  const response = (error as { response?: IncomingMessage & { body?: unknown } } | null)?.response;
  const status = response?.statusCode;
  // A truncated response has a status of 2xx as well.
  if (status === undefined || (status >= 200 && status < 300))
    return new Error(`${what}: ${reasonOf(error)}`, { cause: error });
  const reason =
    String(response?.body ?? '')
      .trim()
      .slice(0, 200) || response?.statusMessage;
  return new RefusedError(`${what}: HTTP ${status} ${reason}${hintFor(status)}`, status, response?.body, error);
}

function hintFor(status: number): string {
  if (status === 403) return ' (give the token key_prefix and session_prefix "write", see bus/consul/README.md)';
  if (status === 500) return ' (no quorum or overload: check `consul operator raft list-peers`)';
  return '';
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message || error.name : String(error);
}
