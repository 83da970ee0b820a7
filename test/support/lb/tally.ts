import { percentile } from '../percentile.ts';

/** What the clients have seen so far. */
export interface LoadTally {
  /** Complete requests, failed ones among them. */
  readonly requests: number;
  readonly webSockets: number;
  readonly messages: number;
  readonly uploads: number;
  readonly failed: number;
  /** The first ones. */
  readonly failures: readonly Failure[];
  /** Replies by the id of the container. */
  readonly servedBy: Readonly<Record<string, number>>;
  /** Fingerprints of the certificates, in the order of their first use. */
  readonly certificates: readonly string[];
}

/** A tally at its end, with the latencies of the requests in milliseconds. */
export interface LoadResult extends LoadTally {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

export interface Failure {
  /** Since the epoch. */
  readonly atMs: number;
  readonly client: 'request' | 'WebSocket' | 'upload';
  readonly kind: FailureKind;
  readonly detail: string;
}

export type FailureKind =
  | 'refused'
  | 'reset'
  | 'early close'
  | 'timeout'
  | 'status'
  | 'wrong service'
  | 'wrong body'
  | 'other';

/** An exchange that went wrong. */
export class LoadError extends Error {
  readonly kind: FailureKind;
  constructor(kind: FailureKind, detail: string) {
    super(detail);
    this.kind = kind;
  }
}

const FIRST_FAILURES = 50;

export interface Tally {
  /** Counts one unit of work of a client when it ends. The promise never rejects. */
  count(client: Failure['client'], work: Promise<string>): Promise<void>;
  message(): void;
  certificate(fingerprint: string): void;
  current(): LoadTally;
  end(): LoadResult;
}

export function createTally(): Tally {
  const done = { request: 0, WebSocket: 0, upload: 0 };
  const failures: Failure[] = [];
  const servedBy = new Map<string, number>();
  const certificates = new Set<string>();
  const latenciesMs: number[] = [];
  let [failed, messages] = [0, 0];
  const current = (): LoadTally => ({
    ...{ requests: done.request, webSockets: done.WebSocket, messages, uploads: done.upload, failed, failures },
    ...{ servedBy: Object.fromEntries(servedBy), certificates: [...certificates] },
  });
  return {
    count: async (client, work) => {
      const beginMs = performance.now();
      try {
        const id = await work;
        servedBy.set(id, (servedBy.get(id) ?? 0) + 1);
        if (client === 'request') latenciesMs.push(performance.now() - beginMs);
      } catch (error) {
        failed += 1;
        const atMs = Date.now();
        if (failures.length < FIRST_FAILURES) failures.push({ atMs, client, kind: kindOf(error), detail: `${error}` });
      }
      done[client] += 1;
    },
    message: () => {
      messages += 1;
    },
    certificate: (fingerprint) => void certificates.add(fingerprint),
    current,
    end: () => ({
      ...current(),
      p50Ms: percentile(latenciesMs, 0.5),
      p99Ms: percentile(latenciesMs, 0.99),
      slowestMs: percentile(latenciesMs, 1),
    }),
  };
}

const KINDS: Readonly<Record<string, FailureKind>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
};

function kindOf(error: unknown): FailureKind {
  if (error instanceof LoadError) return error.kind;
  const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string };
  // Node gives both the code ECONNRESET.
  if (message === 'socket hang up' || message === 'aborted') return 'early close';
  return KINDS[code] ?? 'other';
}

/** One line for people. */
export function formatLoad(result: LoadResult): string {
  const { requests, webSockets, messages, uploads, failed, servedBy } = result;
  const times = [result.p50Ms, result.p99Ms, result.slowestMs].map((ms) => ms.toFixed(1));
  return (
    `${requests} requests (p50 ${times[0]} ms, p99 ${times[1]} ms, slowest ${times[2]} ms), ${webSockets} WebSockets with ` +
    `${messages} messages, ${uploads} slow uploads, served by ${Object.keys(servedBy).length} processes: ${failed} failed`
  );
}
