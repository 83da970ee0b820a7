import type Docker from 'dockerode';
import { cidrsOverlap, parseIpv4Cidr } from '../../model/index.ts';
import type { Applier } from '../../reconcile/index.ts';
import type { Clock, RunCommand } from '../../system/index.ts';
import { createDockerNetwork, type DockerNetwork, findDockerNetwork } from './docker-network.ts';
import { claimKey, type NetworkDocuments, RANGES_KEY, readClaims, readRanges } from './network-documents.ts';
import {
  type DesiredNetwork,
  formatNetworkChange,
  type NetworkChange,
  type ObservedNetwork,
  planNetwork,
} from './plan.ts';
import { readRangeRoutes } from './range-conflicts.ts';

export interface ManagedNetworkDependencies {
  readonly docker: Docker;
  /** The bus, as soon as it is open. */
  readonly documents: () => Promise<NetworkDocuments>;
  /** The host's own resolvers. */
  readonly resolvers: () => Promise<readonly string[]>;
  readonly run: RunCommand;
  readonly clock: Pick<Clock, 'now'>;
  /** Called with the network of this host whenever it is read, also while the bus cannot be reached. */
  readonly onNetwork: (network: DockerNetwork) => void;
  /** Called with the ranges of the environment whenever they are read or written. */
  readonly onRanges: (ranges: readonly string[]) => void;
}

export type ManagedNetworkApplier = Applier<DesiredNetwork, ObservedNetwork, NetworkChange>;

/** The ranges of the environment, the claim of this host's subnet, and the Docker network that containers of all hosts meet on. */
export function createManagedNetwork(deps: ManagedNetworkDependencies): ManagedNetworkApplier {
  return {
    chained: true,
    observe: (desired, signal) => observe(deps, desired, signal),
    plan: planNetwork,
    apply: (change) => apply(deps, change),
    format: formatNetworkChange,
  };
}

async function observe(
  deps: ManagedNetworkDependencies,
  { name }: DesiredNetwork,
  signal: AbortSignal,
): Promise<ObservedNetwork> {
  const network = await readNetwork(deps, name);
  const documents = await deps.documents();
  const stored = await readRanges(documents);
  if (stored.ranges) deps.onRanges(stored.ranges.ranges);
  return {
    network,
    stored,
    claims: await readClaims(documents),
    routes: await readRangeRoutes(deps.run, signal),
    resolvers: await deps.resolvers(),
  };
}

async function readNetwork(
  { docker, onNetwork }: ManagedNetworkDependencies,
  name: string,
): Promise<DockerNetwork | null> {
  const network = await findDockerNetwork(docker, name);
  if (network?.isOurs) onNetwork(network);
  return network;
}

async function apply(deps: ManagedNetworkDependencies, change: NetworkChange): Promise<void> {
  const documents = await deps.documents();
  switch (change.kind) {
    case 'write ranges': {
      const { ranges, prefixLength } = change.ranges;
      const value = { ranges: [...ranges], prefixLength };
      expectWritten(await documents.put(RANGES_KEY, value, change.revision), 'the ranges');
      return deps.onRanges(ranges);
    }
    case 'claim':
      return claim(deps, documents, change);
    case 'release':
      return expectWritten(await documents.delete(claimKey(change.subnet), change.revision), 'the claim');
    case 'create': {
      const { settings, subnet } = change;
      await createDockerNetwork(deps.docker, settings, subnet);
      if (!(await readNetwork(deps, settings.name))?.isOurs)
        throw new Error(`Docker network ${settings.name} was removed while Drover created it`);
    }
  }
}

async function claim(
  { clock }: ManagedNetworkDependencies,
  documents: NetworkDocuments,
  { hostId, subnet }: NetworkChange & { kind: 'claim' },
): Promise<void> {
  const key = claimKey(subnet);
  expectWritten(await documents.put(key, { hostId, claimedAtMs: clock.now() }, 0), 'a claim of this subnet');
  // Compare-and-set protects one key. Hosts with different prefix lengths write different keys for the same addresses.
  const claims = await readClaims(documents);
  const own = claims.find((other) => other.subnet === subnet && other.hostId === hostId);
  const rival = claims.find((other) => other !== own && overlap(other.subnet, subnet));
  if (!own || !rival) return;
  await documents.delete(key, own.revision);
  throw new Error(
    `host ${rival.hostId || '(unknown)'} claimed the overlapping subnet ${rival.subnet} at the same time`,
  );
}

function expectWritten({ ok }: { readonly ok: boolean }, what: string): void {
  if (!ok) throw new Error(`another host wrote ${what} at the same time`);
}

function overlap(a: string, b: string): boolean {
  const [first, second] = [parseIpv4Cidr(a), parseIpv4Cidr(b)];
  return first !== null && second !== null && cidrsOverlap(first, second);
}
