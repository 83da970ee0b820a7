import { EventEmitter } from 'node:events';
import type Consul from 'consul';
import type { Connection } from './connection.ts';
import type { Contact } from './contact.ts';
import { failureOf, RefusedError } from './failure.ts';

/** What the package `consul` takes with every call, although its types do not say so. */
export interface CallOptions {
  /** Cancels the request, and asks for the whole HTTP response beside its body. */
  readonly ctx: EventEmitter;
  readonly timeout: number;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** How long Consul may block before it responds. */
  readonly waitMs?: number;
}

/**
 * Runs one request to the Consul address in use. `what` names the request in the error. A failure selects the next
 * address, except if Consul refused the request itself.
 */
export type Request = <T>(
  what: string,
  call: (consul: Consul, options: CallOptions) => Promise<T>,
  options?: RequestOptions,
) => Promise<T>;

export interface RequestDependencies {
  readonly connection: Connection;
  readonly contact: Contact;
}

const TIMEOUT_MS = 10_000;
/** Bad request, conflict, too large: Consul works, the request was wrong. */
const REFUSALS = new Set([400, 409, 413]);

/** All requests go through the returned function, which reports success and failure to `contact`. */
export function createRequest({ connection, contact }: RequestDependencies, closed: AbortSignal): Request {
  return async (what, call, { signal, waitMs = 0 } = {}) => {
    const end = signal ? AbortSignal.any([signal, closed]) : closed;
    end.throwIfAborted();
    const { consul, address } = connection.current();
    const ctx = Object.assign(new EventEmitter(), { includeResponse: true });
    const cancel = (): void => void ctx.emit('cancel');
    end.addEventListener('abort', cancel, { once: true });
    try {
      // Consul adds up to a sixteenth to a wait.
      const result = await call(consul, { ctx, timeout: TIMEOUT_MS + waitMs * 1.1 });
      contact.succeeded();
      return result;
    } catch (error) {
      end.throwIfAborted();
      const failure = failureOf(error, `${what} at ${address}`);
      if (failure instanceof RefusedError && REFUSALS.has(failure.status)) contact.succeeded();
      else {
        contact.failed(failure.message);
        connection.failed(consul);
      }
      throw failure;
    } finally {
      end.removeEventListener('abort', cancel);
    }
  };
}
