import { hash32 } from '../../model/index.ts';
import type { CheckRequest } from './request-line.ts';

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
}

/** The backend for checks with this request and response timeout. Its name identifies its content. */
export function backendFor(request: CheckRequest | null, timeoutMs: number): Backend {
  if (request === null) return { name: `tcp_${timeoutMs}`, timeoutMs, request: null };
  const { method, version, headers } = request;
  const shape = { method, version, headerNames: headers.map(({ name }) => name) };
  const hash = hash32(JSON.stringify(shape)).toString(36);
  return { name: `http_${method}_${hash}_${timeoutMs}`, timeoutMs, request: shape };
}

/** The entry of a server in the map of requests: URI and values of headers, separated by tabs. Null for TCP. */
export function requestFields(request: CheckRequest | null): string | null {
  return request && [request.uri, ...request.headers.map(({ value }) => value)].join('\t');
}
