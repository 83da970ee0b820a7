import type Docker from 'dockerode';
import { createManagedNetwork, type DesiredNetwork, type NetworkDocuments } from '../../overlay/index.ts';
import { createReconciler, type Reconciler } from '../../reconcile/index.ts';
import { systemClock } from '../../system/index.ts';
import { testLog } from './test-log.ts';

export interface NetworkHost {
  /** For `loop.trigger`. */
  readonly desired: DesiredNetwork;
  readonly loop: Reconciler<DesiredNetwork>;
  /** The subnets of the Docker networks that exist, by name. */
  readonly networks: Map<string, string>;
  /** The subnets and ranges that were reported, in order. */
  readonly reported: string[];
}

export interface NetworkHostOptions {
  readonly documents: NetworkDocuments;
  readonly hostId: string;
  readonly ranges: readonly string[];
  readonly prefixLength?: number;
  /** Between two passes in which nothing changed, default 5. */
  readonly intervalMs?: number;
}

/** A host with the loop of the managed network and a Docker Engine in memory. */
export function createNetworkHost({
  documents,
  hostId,
  ranges,
  prefixLength = 28,
  intervalMs = 5,
}: NetworkHostOptions): NetworkHost {
  const networks = new Map<string, string>();
  const reported: string[] = [];
  const applier = createManagedNetwork({
    docker: memoryDocker(networks),
    documents: async () => documents,
    resolvers: async () => [],
    run: async () => '',
    clock: systemClock,
    onNetwork: ({ subnet }) => void reported.push(subnet),
    onRanges: (agreed) => void reported.push(agreed.join()),
  });
  const loop = createReconciler(
    { clock: systemClock, log: testLog(hostId) },
    { ...applier, name: hostId, intervalMs, retry: { minMs: 1, maxMs: 4 } },
  );
  const configured = { ranges, prefixLength };
  return { loop, networks, reported, desired: { hostId, name: 'drover', device: 'drover1', mtu: 1500, configured } };
}

function memoryDocker(networks: Map<string, string>): Docker {
  const inspect = async (name: string) => {
    const Subnet = networks.get(name);
    if (Subnet === undefined) throw Object.assign(new Error('no such network'), { statusCode: 404 });
    return { Id: name, Name: name, Labels: { 'drover.managed': 'true' }, IPAM: { Config: [{ Subnet }] } };
  };
  const docker = {
    getNetwork: (name: string) => ({ inspect: () => inspect(name) }),
    createNetwork: async ({ Name, IPAM }: Docker.NetworkCreateOptions) => {
      networks.set(Name, IPAM?.Config?.[0]?.Subnet ?? '');
    },
  };
  return docker as unknown as Docker;
}
