import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type Consul from 'consul';

/** Larger answers are cut off: nothing we ask for is near this. */
const ANSWER_LIMIT_BYTES = 128 * 1024 * 1024;

/** What `papi`, the HTTP client below the package `consul`, hands to its extensions. */
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

/** Makes the package safe against what is not Consul, see README.md "Faults of the package". */
export function guard(consul: Consul): Consul {
  const hooks = consul as unknown as PapiHooks;
  hooks._ext('onRequest', (request, next) => {
    const { transport } = request;
    request.transport = { request: (options) => watchAnswer(transport.request(plainAddress(options))) };
    next();
  });
  hooks._ext('onResponse', (request, next) => {
    const strange = strangeness(request);
    if (strange) next(new Error(`${strange}; is this address Consul's?`));
    else next();
  });
  return consul;
}

/** papi hands on `[::1]` with its brackets, which is no address. */
function plainAddress(options: RequestOptions): RequestOptions {
  return { ...options, hostname: String(options.hostname).replace(/^\[(.*)\]$/, '$1') };
}

/** papi waits for `end` alone: an answer that is cut off in the middle would hang until its timeout, one without end for ever. */
function watchAnswer(request: ClientRequest): ClientRequest {
  request.once('response', (response: IncomingMessage) => {
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > ANSWER_LIMIT_BYTES) request.destroy(new Error('the answer does not end'));
    });
    response.once('close', () => {
      if (!response.complete) request.emit('error', new Error('the connection ended in the middle of the answer'));
    });
  });
  return request;
}

/**
 * papi takes any 404 for "no such key", text for an empty list, and reads members of what it did not check (`[null]` is an
 * exception outside of any promise). Null when the answer is fit for it.
 */
function strangeness({ opts, res, err }: PapiRequest): string | null {
  const status = res?.statusCode ?? 0;
  if (!res) return null;
  if (opts.name === 'kv.get' || opts.name === 'kv.keys') {
    if (status !== 200 && status !== 404) return null;
    if (!/^\d+$/.test(String(res.headers['x-consul-index']))) return `HTTP ${status} without Consul's index`;
    if (status === 404) return null;
  } else if (status !== 200 || opts.name === 'session.destroy') return null;
  if (err) return null;
  if (opts.name === 'session.create') return isRecord(res.body) ? null : 'the answer is not JSON';
  if (opts.name === 'Transaction.create') return isRecord(res.body) ? null : 'the answer is not JSON';
  if (!Array.isArray(res.body)) return 'the answer is not a JSON list';
  if (opts.name === 'kv.keys')
    return res.body.every((key) => typeof key === 'string') ? null : 'the answer is no list of keys';
  return res.body.every(isRecord) ? null : 'the answer is no list of objects';
}

function isRecord(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.hasOwn(value, 'hasOwnProperty')
  );
}
