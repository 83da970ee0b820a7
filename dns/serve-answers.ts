import { type Clock, type HttpServer, type Log, serveHttp } from '../system/index.ts';
import { type AnswersFile, openAnswersFile, type Reloaded } from './answers-file/answers-file.ts';
import { createAnswersSource, createCommonUpstreams } from './answers-file/answers-source.ts';
import { forwardedAsOriginal } from './answers-file/forwarded-as-original.ts';
import { metricsRoute, reloadRoute } from './control/routes.ts';
import type { NamesOptions } from './names-options.ts';
import { type DnsServer, serveNames } from './serve-names.ts';

export interface ServeAnswersOptions extends Pick<NamesOptions, 'listen' | 'control' | 'batching'> {
  /** The answers file. */
  readonly path: string;
  /** Where `POST /v1/reload` and `GET /metrics` are served. */
  readonly listenReload: { readonly address: string; readonly port: number };
  /** TTL of answers without their own, and the longest time upstream replies are cached. */
  readonly ttlSeconds: number;
  /** Names with this many dots or more are not completed by search domains; 0: all names are completed. */
  readonly ndots: number;
  /** Total time to wait for upstreams. */
  readonly recurserTimeoutMs: number;
  /** Upstreams that are never queried, even if the file names them. */
  readonly neverRecurseTo: readonly string[];
  /** Number of upstream replies to cache, counted as 1 kB each. */
  readonly cacheCapacity: number;
}

export interface AnswersServer {
  readonly dns: DnsServer;
  /** Address of the reload port; null if it could not be bound. */
  readonly reloadAddress: { readonly address: string; readonly port: number } | null;
  reload(): Promise<Reloaded>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Answers DNS from an answers file like rancher-dns: without an agent, a bus or root. */
export async function serveAnswers(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  options: ServeAnswersOptions,
): Promise<AnswersServer> {
  const closing = new AbortController();
  const { path, ttlSeconds, ndots, neverRecurseTo } = options;
  const file = await openAnswersFile({ clock, log }, { path, signal: closing.signal });
  const { current, reload } = file;
  const dns = await serveNames(
    {
      source: () => createAnswersSource({ current }, { ndots, ttlSeconds, neverRecurseTo }),
      served: () => servedOf(file, clock),
      upstreams: createCommonUpstreams(current, neverRecurseTo),
      adaptForwarding: forwardedAsOriginal,
      reload,
      clock,
      log,
    },
    {
      ...options,
      refuseAny: true,
      forwarding: {
        timeoutMs: options.recurserTimeoutMs,
        sharedLoopback: true,
        forwardsReserved: true,
        cache: { maxBytes: options.cacheCapacity * 1_024, maxTtlSeconds: ttlSeconds },
      },
    },
  );
  const http = await serveReload(dns, reload, options.listenReload).catch((error: unknown) => {
    const { address, port } = options.listenReload;
    log.warn({ err: error, address, port }, 'cannot listen on the reload address; use SIGHUP to reload');
    return null;
  });
  return {
    dns,
    reloadAddress: http && boundTo(http),
    reload,
    close: async () => {
      closing.abort(new Error('the DNS server is closing'));
      await Promise.all([dns.close(), http?.close()]);
    },
  };
}

function serveReload(
  { report }: DnsServer,
  reload: AnswersFile['reload'],
  { address, port }: ServeAnswersOptions['listenReload'],
): Promise<HttpServer> {
  const routes = new Map([
    ['POST /v1/reload', reloadRoute(reload)],
    ['GET /metrics', metricsRoute(report)],
  ]);
  return serveHttp(routes, (server) => server.listen({ host: address, port, exclusive: true }));
}

function boundTo({ server }: HttpServer): AnswersServer['reloadAddress'] {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? { address: bound.address, port: bound.port } : null;
}

function servedOf({ status }: AnswersFile, clock: Clock) {
  const { revision, loadedAtMs, names, failures } = status();
  const ageSeconds = loadedAtMs === null ? 0 : Math.max(0, clock.now() - loadedAtMs) / 1_000;
  return { revision, ageSeconds, names, failures };
}
