import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import { dirname } from 'node:path';
import { formatProblem, type Problem } from '../../model/index.ts';
import { type Clock, http, type Log } from '../../system/index.ts';
import { type AddressPools, createAddressPools } from './address-pools.ts';
import type { ListUsedAddresses } from './compare-leases.ts';
import { openLeaseStore } from './lease-store.ts';
import { answer } from './messages.ts';
import { refuse } from './wire.ts';

export interface IpamSettings {
  /**
   * Docker derives the driver's name from the file: `/run/docker/plugins/drover.sock` is `--ipam-driver drover`. A number is
   * the descriptor of an inherited socket (systemd's first is 3).
   */
  readonly listen: string | number;
  /** Database file, such as `/var/lib/drover/ipam.db`. */
  readonly file: string;
  /** How long a freed address is not assigned again, unless no other is free. Default 60 s. */
  readonly restMs?: number;
  /** How long Docker may take from requesting an address to listing the container with it. Default 10 s. */
  readonly settleMs?: number;
  /** How long an address may be leased without a container that Docker lists before it is freed. Default 30 s. */
  readonly orphanMs?: number;
  /** How often leases are compared with Docker's list. Default 15 s. */
  readonly reclaimIntervalMs?: number;
}

export interface IpamServer {
  /** Compares leases with Docker's list now. */
  reclaim(): Promise<void>;
  /** Pools that recently lacked addresses. */
  problems(): readonly Problem[];
  /** Idempotent; resolves when the socket and the file are closed. */
  close(): Promise<void>;
}

export interface IpamDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly listUsed: ListUsedAddresses;
  /** Called with each address before Docker gets it. The previous holder is gone. */
  readonly vacate?: (address: string) => Promise<void>;
  /** Called when a pool begins to lack addresses. */
  readonly onShortage?: () => void;
}

/**
 * Serves Docker's remote IPAM interface. Needs neither the bus nor a running Docker. Resolves when it listens. A lease is on
 * disk before Docker gets the reply.
 */
export async function serveIpam(
  { vacate, ...deps }: IpamDependencies,
  { listen, file, restMs = 60_000, settleMs = 10_000, orphanMs = 30_000, reclaimIntervalMs = 15_000 }: IpamSettings,
): Promise<IpamServer> {
  const { clock, log } = deps;
  const store = openLeaseStore(file, { log, nowMs: clock.now() });
  const pools = vacating(createAddressPools({ ...deps, store }, { restMs, settleMs, orphanMs }), vacate);
  const server = http.createServer((request, response) => {
    respond(pools, request)
      .catch((error: Error) => {
        log.error({ path: request.url, error }, 'address request failed');
        return refuse(`Drover's IPAM driver failed: ${error.message}`);
      })
      .then((reply) => response.writeHead(200, HEADERS).end(JSON.stringify(reply)))
      .catch(() => response.destroy());
  });
  await startListening(server, listen);
  const stop = new AbortController();
  const reclaiming = reclaimLoop(() => pools.reclaim(), {
    clock,
    log,
    intervalMs: reclaimIntervalMs,
    signal: stop.signal,
  });

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    stop.abort();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    await reclaiming;
    if (typeof listen === 'string') await rm(listen, { force: true });
    store.close();
  };
  return {
    reclaim: () => pools.reclaim(),
    problems: () => pools.problems(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function vacating(pools: AddressPools, vacate: IpamDependencies['vacate']): AddressPools {
  if (!vacate) return pools;
  return {
    ...pools,
    requestAddress: async (...request) => {
      const leased = await pools.requestAddress(...request);
      if (leased.ok) await vacate(leased.value.split('/')[0] ?? '');
      return leased;
    },
  };
}

// Docker repeats a request whose connection breaks, but without its body (moby pkg/plugins/client.go), so no idle connection may
// stay that this process closes just as Docker uses it again.
const HEADERS = { 'content-type': 'application/vnd.docker.plugins.v1.1+json', connection: 'close' };
const LARGEST_REQUEST_BYTES = 64 * 1024;

async function respond(pools: AddressPools, request: IncomingMessage) {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > LARGEST_REQUEST_BYTES) return refuse('the request is too large');
  }
  const result = await answer(pools, request.url ?? '', body);
  return result.ok ? result.value : refuse(formatProblem(result.problem));
}

async function startListening(server: Server, listen: string | number): Promise<void> {
  const start = (where: string | { fd: number }): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, () => {
        server.off('error', reject);
        resolve();
      });
    });
  if (typeof listen === 'number') return start({ fd: listen });
  await mkdir(dirname(listen), { recursive: true });
  // The rename replaces the socket of a killed process without a gap.
  const temporary = `${listen}.${process.pid}`;
  await rm(temporary, { force: true });
  await start(temporary);
  await chmod(temporary, 0o600);
  await rename(temporary, listen);
}

async function reclaimLoop(
  reclaim: () => Promise<void>,
  { clock, log, intervalMs, signal }: { clock: Clock; log: Log; intervalMs: number; signal: AbortSignal },
): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      await reclaim();
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ error }, 'cannot compare address leases with Docker');
      failing = true;
    }
  }
}
