import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type Consul from 'consul';

/** Far above every response that Drover requests. */
const RESPONSE_LIMIT_BYTES = 128 * 1024 * 1024;

/** What `papi`, the HTTP client of the package `consul`, passes to its extensions. */
interface PapiRequest {
  readonly opts: { readonly name?: string };
  transport: { request(options: RequestOptions): ClientRequest };
  readonly err?: Error;
  readonly res?: IncomingMessage & { readonly body?: unknown };
}

type Next = (error?: Error) => void;

interface PapiHooks {
  _ext(event: 'onRequest' | 'onResponse', extension: (request: PapiRequest, next: Next) => void): void;
}

/** Rejects responses that the package cannot handle safely, see README.md, "Defects of the package". */
export function withAnswerChecks(consul: Consul): Consul {
  const hooks = consul as unknown as PapiHooks;
  hooks._ext('onRequest', (request, next) => {
    const { transport } = request;
    request.transport = { request: (options) => checkResponseEnd(transport.request(withPlainHostname(options))) };
    next();
  });
  hooks._ext('onResponse', (request, next) => {
    const fault = faultOf(request);
    if (fault) next(new Error(`${fault}; check that this is the address of Consul`));
    else next();
  });
  return consul;
}

/** papi keeps the brackets of `[::1]`, and the name lookup of such a hostname fails. */
function withPlainHostname(options: RequestOptions): RequestOptions {
  return { ...options, hostname: String(options.hostname).replace(/^\[(.*)\]$/, '$1') };
}

/** papi only listens for `end`: it would wait for its timeout after a truncated response, and forever for an endless one. */
function checkResponseEnd(request: ClientRequest): ClientRequest {
  request.once('response', (response: IncomingMessage) => {
    let sizeBytes = 0;
    response.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > RESPONSE_LIMIT_BYTES) request.destroy(new Error('the response is too large'));
    });
    response.once('close', () => {
      if (!response.complete) request.emit('error', new Error('the connection closed in the middle of the response'));
    });
  });
  return request;
}

/**
 * Null if papi can handle the response. papi treats every 404 as "no such key" and text as an empty list, and it reads
 * members of unchecked values: `[null]` throws outside of any promise.
 */
function faultOf({ opts, res, err }: PapiRequest): string | null {
  const status = res?.statusCode ?? 0;
  if (!res) return null;
  if (opts.name === 'kv.get' || opts.name === 'kv.keys') {
    if (status !== 200 && status !== 404) return null;
    if (!/^\d+$/.test(String(res.headers['x-consul-index']))) return `HTTP ${status} without X-Consul-Index`;
    if (status === 404) return null;
  } else if (status !== 200 || opts.name === 'session.destroy') return null;
  if (err) return null;
  if (opts.name === 'session.create' || opts.name === 'Transaction.create')
    return isRecord(res.body) ? null : 'the response is not JSON';
  if (!Array.isArray(res.body)) return 'the response is not a JSON list';
  if (opts.name === 'kv.keys')
    return res.body.every((key) => typeof key === 'string') ? null : 'the response is not a list of keys';
  return res.body.every(isRecord) ? null : 'the response is not a list of objects';
}

function isRecord(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.hasOwn(value, 'hasOwnProperty')
  );
}
