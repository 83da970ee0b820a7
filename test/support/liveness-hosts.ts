import { join } from 'node:path';
import type { LivenessStatus } from '../../bus/liveness/index.ts';
import { startConsulCluster } from './consul.ts';
import type { Daemon } from './daemon.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';
import { connectHosts, createTestHost, type TestHost } from './test-host.ts';

interface Line {
  readonly atMs: number;
  readonly hosts?: readonly string[];
  readonly voters?: readonly string[];
  readonly status?: LivenessStatus;
  readonly connected?: boolean;
}

/** A host with a minimal agent (`liveness-agent.ts`), connected to other hosts and a Consul cluster. */
export interface LivenessMember {
  readonly id: string;
  readonly host: TestHost;
  readonly address: string;
  readonly agent: Daemon;
  /** The hosts that it has now. */
  present(): readonly string[];
  /** The hosts that have a transient fact now. */
  voters(): readonly string[];
  /** Time of the last change of `present`, in milliseconds since the epoch. */
  sinceMs(): number;
  status(): LivenessStatus | undefined;
  /** The state of another host in its liveness status. */
  stateOf(id: string): string | undefined;
  connected(): boolean;
  /** Every set of hosts after that time, without the set at that time. */
  historySince(ms: number): readonly (readonly string[])[];
  /** Drops matching packets until `heal`. */
  drop(...matches: readonly string[]): Promise<void>;
  heal(): Promise<void>;
}

const CONSUL = ['192.0.2.101', '192.0.2.102', '192.0.2.103'];
/** Arguments of `drop` that cut a host off from Consul only. */
export const CONSUL_PATH = ['ip daddr 192.0.2.101-192.0.2.103', 'ip saddr 192.0.2.101-192.0.2.103'];

/** Starts hosts with these ids, which all hear each other, and Consul on a separate host. */
export async function startLivenessHosts(
  resources: Resources,
  ids: readonly string[],
): Promise<readonly LivenessMember[]> {
  const hosts = await Promise.all([...ids, 'consul'].map((name) => createTestHost(resources, name)));
  const addresses = await connectHosts(resources, hosts);
  const consulHost = hosts.at(-1) as TestHost;
  for (const address of CONSUL) await consulHost.run('ip', ['address', 'add', `${address}/24`, 'dev', 'uplink']);
  const { urls } = await startConsulCluster(resources, { host: consulHost, addresses: CONSUL });
  const members = ids.map((id, n) => startMember(id, hosts[n] as TestHost, addresses[n] as string, urls));
  await waitUntilAllSee(members, ids);
  const heard = (one: LivenessMember) => one.status()?.probed.every(({ state }) => state === 'heard') ?? false;
  await poll(() => members.every(heard), { what: 'all hosts to hear each other', timeoutMs: 20_000 });
  return members;
}

function startMember(id: string, host: TestHost, address: string, consul: readonly string[]): LivenessMember {
  const settings = JSON.stringify({ hostId: id, address, consul, environment: 'scenario' });
  const agent = host.start(process.execPath, [join(import.meta.dirname, 'liveness-agent.ts'), settings]);
  const lines = () => agent.stdout().split('\n').slice(0, -1).flatMap(parseLine);
  const hostsLine = () => lines().findLast((line) => line.hosts);
  const status = () => lines().findLast((line) => line.status)?.status;
  return {
    id,
    host,
    address,
    agent,
    status,
    present: () => hostsLine()?.hosts ?? [],
    voters: () => lines().findLast((line) => line.voters)?.voters ?? [],
    sinceMs: () => hostsLine()?.atMs ?? 0,
    stateOf: (other) => status()?.probed.find(({ hostId }) => hostId === other)?.state,
    connected: () => lines().findLast((line) => line.status)?.connected ?? false,
    historySince: (ms) => lines().flatMap(({ atMs, hosts }) => (hosts && atMs >= ms ? [hosts] : [])),
    drop: async (...matches) => {
      const rules = matches.map((match) => `${match} drop`).join('\n');
      const chain = (hook: string) => `chain ${hook} { type filter hook ${hook} priority 0\n${rules}\n}`;
      await host.run('nft', ['-f', '-'], { input: `table inet cut {\n${chain('input')}\n${chain('output')}\n}` });
    },
    heal: async () => void (await host.run('nft', ['delete', 'table', 'inet', 'cut'])),
  };
}

function parseLine(line: string): readonly Line[] {
  try {
    return [JSON.parse(line) as Line];
  } catch {
    // The first line may be truncated, because the kept output is limited.
    return [];
  }
}

export async function waitUntilAllSee(members: readonly LivenessMember[], ids: readonly string[]): Promise<void> {
  await poll(() => members.every((one) => one.present().toSorted().join() === ids.toSorted().join()), {
    what: `${members.map(({ id }) => id).join()} to see ${ids.join()}`,
    timeoutMs: 20_000,
    giveUp: () => {
      for (const one of members) one.agent.assertRunning();
    },
  });
}

/** Waits for a fixed time to show that nothing happens, because there is no event to wait for. */
export async function letPass(ms: number): Promise<void> {
  const until = performance.now() + ms;
  await poll(() => performance.now() > until, { what: 'the time to pass', timeoutMs: ms + 5_000, intervalMs: 100 });
}
