import type { IpRoute } from '../../linux/index.ts';
import type { Problem } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import { chooseSubnet, type SubnetClaim } from './choose-subnet.ts';
import type { DockerNetwork, NetworkSettings } from './docker-network.ts';
import type { StoredRanges } from './network-documents.ts';
import { formatRanges, type NetworkRanges, planRanges } from './plan-ranges.ts';
import { planRangeConflicts } from './range-conflicts.ts';

export interface DesiredNetwork extends NetworkSettings {
  readonly hostId: string;
  /** Of this host's configuration. */
  readonly configured: NetworkRanges;
}

export interface ObservedNetwork {
  /** The Docker network of the desired name; null: there is none. */
  readonly network: DockerNetwork | null;
  readonly stored: StoredRanges;
  /** Of all hosts. */
  readonly claims: readonly SubnetClaim[];
  readonly routes: readonly IpRoute[];
  /** The host's own resolvers, which must remain reachable. */
  readonly resolvers: readonly string[];
}

export type NetworkChange =
  | { readonly kind: 'write ranges'; readonly ranges: NetworkRanges; readonly revision: number }
  | { readonly kind: 'claim'; readonly hostId: string; readonly subnet: string }
  | { readonly kind: 'release'; readonly subnet: string; readonly revision: number }
  | { readonly kind: 'create'; readonly settings: NetworkSettings; readonly subnet: string };

/** Each change needs the ones before it: a subnet is claimed from ranges that are agreed, and used once it is claimed. Pure. */
export function planNetwork(desired: DesiredNetwork, observed: ObservedNetwork): Plan<NetworkChange> {
  const { ranges, revision } = observed.stored;
  const { agreed, isNew, problem } = planRanges(desired.configured, ranges);
  const { changes, problems } = planSubnet(desired, observed, agreed);
  return {
    changes: [...(isNew ? [{ kind: 'write ranges', ranges: agreed, revision } as const] : []), ...changes],
    problems: [...problems, ...(problem ? [problem] : [])],
  };
}

export function formatNetworkChange(change: NetworkChange): string {
  switch (change.kind) {
    case 'write ranges':
      return `write ranges ${formatRanges(change.ranges)}`;
    case 'claim':
      return `claim subnet ${change.subnet}`;
    case 'release':
      return `release subnet ${change.subnet}`;
    case 'create':
      return `create Docker network ${change.settings.name} with subnet ${change.subnet}`;
  }
}

function planSubnet(
  { hostId, name, device, mtu }: DesiredNetwork,
  { network, claims, routes, resolvers }: ObservedNetwork,
  agreed: NetworkRanges,
): Plan<NetworkChange> {
  if (network && !network.isOurs) {
    const hint = 'remove the network, or change `network.name`';
    return { changes: [], problems: [{ subject: `Docker network ${name}`, what: 'was not created by Drover', hint }] };
  }
  const conflictsOf = (ranges: readonly string[]): readonly Problem[] =>
    planRangeConflicts({ ranges, device: network?.device ?? device, resolvers }, routes);
  // A network that exists stays in use. A new network is not created in a range that something else uses (Q37).
  const conflicts = conflictsOf(agreed.ranges);
  if (!network && conflicts.length > 0) return { changes: [], problems: conflicts };
  const chosen = chooseSubnet(agreed, claims, hostId, network?.subnet ?? null);
  if (!chosen.ok) return { changes: [], problems: [...conflicts, chosen.problem] };
  const { subnet, isClaimed, spare, warning } = chosen.value;
  // A subnet that was claimed before the ranges changed can be outside of them.
  const refused = network ? otherSubnet(network, subnet) : conflictsOf([subnet]);
  const isCreated = network === null && refused.length === 0;
  return {
    changes: [
      ...(isClaimed ? [] : [{ kind: 'claim', hostId, subnet } as const]),
      ...spare.map((claim) => ({ kind: 'release', subnet: claim.subnet, revision: claim.revision }) as const),
      ...(isCreated ? [{ kind: 'create', settings: { name, device, mtu }, subnet } as const] : []),
    ],
    problems: [...conflicts, ...refused, ...(warning ? [warning] : [])],
  };
}

/** Why an existing network cannot be the one of this subnet. */
function otherSubnet({ name, subnet: actual }: DockerNetwork, subnet: string): readonly Problem[] {
  const what = `has subnet ${actual}, but the subnet of this host is ${subnet}`;
  const hint = 'stop the containers on the network and remove it; the agent then creates it again';
  return actual === subnet ? [] : [{ subject: `Docker network ${name}`, what, hint }];
}
