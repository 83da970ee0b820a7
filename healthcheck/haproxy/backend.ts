import { type CheckRequest, hash32 } from '../../model/index.ts';

/**
 * What HAProxy 2.6 can only read from its configuration. Everything else of a check is sent to the running process: address,
 * interval and thresholds with the server, the URI and the values of headers as an entry of a map.
 */
export interface Backend {
  readonly name: string;
  readonly timeoutMs: number;
  /** Null: TCP. */
  readonly request: RequestShape | null;
}

export interface RequestShape {
  readonly method: string;
  readonly version: string;
  readonly headerNames: readonly string[];
  /** Statuses that pass: `200-299,304`. */
  readonly expected: string;
}

const DEFAULT_EXPECTED = '200-399';

/** The backend for checks with this request, response timeout and expected statuses. Its name identifies its content. */
export function backendFor(request: CheckRequest | null, timeoutMs: number, expected: string | null = null): Backend {
  if (request === null) return { name: `tcp_${timeoutMs}`, timeoutMs, request: null };
  const { method, version, headers } = request;
  const headerNames = headers.map(({ name }) => name);
  const shape = { method, version, headerNames, expected: expected ?? DEFAULT_EXPECTED };
  const hash = hash32(JSON.stringify(shape)).toString(36);
  return { name: `http_${method}_${hash}_${timeoutMs}`, timeoutMs, request: shape };
}

/** The entry of a server in the map of requests: URI and values of headers, separated by tabs. Null for TCP. */
export function requestFields(request: CheckRequest | null): string | null {
  return request && [request.uri, ...request.headers.map(({ value }) => value)].join('\t');
}
