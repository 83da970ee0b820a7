/**
 * A minimal agent: the Consul bus, two facts, liveness. Runs as a process in a test host. Each line on standard output is
 * `{"atMs", "hosts": [...]}`, the present hosts after a change, `{"atMs", "voters": [...]}`, the hosts with a transient fact, or `{"atMs", "status": ..., "connected"}` every 250 ms.
 *   node liveness-agent.ts '{"hostId", "address", "consul": [...], "environment", "peers": [[hostId, address], ...]}'
 */
import { createConsulBus, type FactMap, type Lease } from '../../bus/index.ts';
import { startLiveness } from '../../bus/liveness/index.ts';
import { isVoteAboutOthers } from '../../healthcheck/index.ts';
import type { JsonObject, JsonValue } from '../../model/index.ts';
import { createLog, systemClock } from '../../system/index.ts';

interface Settings {
  readonly hostId: string;
  readonly address: string;
  readonly consul: readonly string[];
  readonly environment: string;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings;
const { hostId, address, environment } = settings;
const log = createLog(hostId, { level: 'info', format: 'json' });
const ended = new AbortController();
const { signal } = ended;
process.once('SIGTERM', () => ended.abort());

const hosts = new Map<string, JsonObject>();
const down = new Map<string, number>();
const incarnation = Date.now();
const hears = (id: string): boolean => liveness.hears(id);
const bus = createConsulBus(
  { clock: systemClock, log, hears, isTransient: isVoteAboutOthers },
  { address: [...settings.consul], environment },
);
const liveness = startLiveness(
  { bus, clock: systemClock, log },
  {
    hostId,
    incarnation,
    environmentUuid: environment,
    address,
    peers: () =>
      [...hosts]
        .filter(([id]) => id !== hostId)
        .map(([id, host]) => ({
          hostId: id,
          address: String(host.address),
          port: 4250,
          incarnation: Number(host.incarnation),
        })),
    signal,
  },
);

let printed = '';
function printHosts(): void {
  const present = [...hosts].flatMap(([id, host]) => (Number(host.incarnation) <= (down.get(id) ?? 0) ? [] : [id]));
  const line = JSON.stringify(present.sort());
  if (line === printed) return;
  printed = line;
  console.log(JSON.stringify({ atMs: Date.now(), hosts: present }));
}

const voters = new Set<string>();
function takeVotes(id: string, facts: FactMap | null): void {
  const votes = facts?.has('vote/another/container') ?? false;
  if (votes === voters.has(id)) return;
  if (votes) voters.add(id);
  else voters.delete(id);
  console.log(JSON.stringify({ atMs: Date.now(), voters: [...voters].sort() }));
}

async function follow(): Promise<void> {
  for await (const batch of bus.watch(signal)) {
    for (const [id, facts] of batch.hosts) {
      take(id, facts);
      takeVotes(id, facts);
    }
    for (const [key, document] of batch.documents) {
      if (!key.startsWith('liveness/')) continue;
      const mark = document?.value as { state: string; incarnation: number } | undefined;
      if (mark?.state === 'down') down.set(key.slice(9), mark.incarnation);
      else down.delete(key.slice(9));
    }
    printHosts();
  }
}

function take(id: string, facts: FactMap | null): void {
  const host = facts?.get('host') as JsonObject | undefined;
  if (host) hosts.set(id, host);
  else hosts.delete(id);
}

async function publish(): Promise<void> {
  while (!signal.aborted) {
    try {
      const lease: Lease = await bus.join(hostId, signal);
      const host = { id: hostId, address, incarnation };
      await lease.publish(
        new Map<string, JsonValue>([
          ['host', host],
          ['vote/another/container', true],
        ]),
      );
      const lost = AbortSignal.any([lease.lost, signal]);
      await new Promise((resolve) => lost.addEventListener('abort', resolve, { once: true }));
      if (signal.aborted) await lease.close();
    } catch {
      await systemClock.sleep(500, signal).catch(() => {});
    }
  }
}

const statusTimer = setInterval(() => {
  console.log(JSON.stringify({ atMs: Date.now(), status: liveness.status(), connected: bus.status().connected }));
}, 250);
await Promise.all([follow(), publish()]);
clearInterval(statusTimer);
await liveness.close();
await bus.close();
