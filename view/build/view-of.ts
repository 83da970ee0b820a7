import { type Cidr, type HostState, parseInterfaceCidr, ShardedMap, type Snapshot } from '../../model/index.ts';
import { hostName } from '../host-view/host-name.ts';
import type { HostView, ServiceView, StackView } from '../host-view/host-view.ts';
import { editNames } from '../host-view/names.ts';
import { serviceName, sidekicksOf } from '../host-view/service-key.ts';
import type { ViewIndex } from '../host-view/view-index.ts';
import { localAddresses, managedAddresses } from './address-index.ts';
import { type Changes, type ContainerChange, changesBetween, containerChanges, type HostChange } from './changes.ts';
import { declaredAddresses } from './declared-addresses.ts';
import { editDockerNames } from './docker-names.ts';
import { editService, editStacks, type ServiceEdit, type Sidekicks, serviceEdits } from './services.ts';

const SHARDS = 1_024;
/** For what only this host has. */
const SHARDS_OF_HOST = 64;

/**
 * The snapshot as seen from host `hostId`. With the previous view, unchanged parts are shared and cost nothing: one change among
 * 20,000 containers rebuilds one service. A full build treats everything as changed, so both give equal views.
 */
export function viewOf(snapshot: Snapshot, hostId: string, previous?: HostView): HostView {
  const declared = previous?.snapshot.declarations === snapshot.declarations;
  const sidekickOf = declared && previous ? previous.index.sidekickOf : sidekicksOf(snapshot.declarations);
  const base = previous && isBase(previous, snapshot, hostId, sidekickOf) ? previous : null;
  const changes = changesBetween(base?.snapshot ?? null, snapshot);
  const containers = changes.hosts.flatMap(containerChanges);
  const edits = serviceEdits(containers, changes.declarations, sidekickOf);
  const services = editedServices(base?.stacks ?? new Map(), edits, sidekickOf);
  return {
    snapshot,
    hostId,
    revision: snapshot.revision,
    stacks: editStacks(base?.stacks ?? new Map(), services),
    index: editIndex(base, { snapshot, hostId, changes, containers, edits, services, sidekickOf }),
  };
}

/** By stack key, then by the key within the stack. */
type EditedServices = ReadonlyMap<string, ReadonlyMap<string, ServiceView | undefined>>;

interface Step {
  readonly snapshot: Snapshot;
  readonly hostId: string;
  readonly changes: Changes;
  readonly containers: readonly ContainerChange[];
  readonly edits: readonly ServiceEdit[];
  readonly services: EditedServices;
  readonly sidekickOf: Sidekicks;
}

/** The primary services of sidekicks decide which service a container belongs to. If they change, the view is built anew. */
function isBase(previous: HostView, snapshot: Snapshot, hostId: string, sidekickOf: Sidekicks): boolean {
  const before = previous.index.sidekickOf;
  return (
    previous.hostId === hostId &&
    previous.snapshot.environment.uuid === snapshot.environment.uuid &&
    before.size === sidekickOf.size &&
    [...sidekickOf].every(([sidekick, leader]) => before.get(sidekick) === leader)
  );
}

function editedServices(
  stacks: ReadonlyMap<string, StackView>,
  edits: readonly ServiceEdit[],
  sidekickOf: Sidekicks,
): EditedServices {
  const services = new Map<string, Map<string, ServiceView | undefined>>();
  for (const edit of edits) {
    const { stack, inner } = edit.key;
    const before = stacks.get(stack)?.services.get(inner);
    const ofStack = services.get(stack) ?? new Map<string, ServiceView | undefined>();
    services.set(stack, ofStack.set(inner, editService(before, edit, sidekickOf)));
  }
  return services;
}

function editIndex(base: HostView | null, step: Step): ViewIndex {
  const { snapshot, hostId, changes, sidekickOf } = step;
  const own = snapshot.hosts.get(hostId) ?? null;
  const before = base?.snapshot.hosts.get(hostId) ?? null;
  const sameOwn = base !== null && before?.containers === own?.containers && before?.networks === own?.networks;
  return {
    names: editedNames(base, step),
    docker: editDockerNames(base?.index.docker ?? ShardedMap.empty(SHARDS_OF_HOST), changes.hosts, {
      own,
      hostId,
    }),
    declared: declaredAddresses(base?.index.declared ?? ShardedMap.empty(SHARDS), changes),
    managed: managedAddresses(base?.index.managed ?? ShardedMap.empty(SHARDS), changes.hosts),
    local: sameOwn ? base.index.local : localAddresses(own),
    localSubnets: sameOwn ? base.index.localSubnets : subnetsOf(own),
    managedSubnets: managedSubnets(base, snapshot, changes.hosts),
    sidekickOf,
  };
}

function editedNames(base: HostView | null, { changes, containers, edits, services }: Step): ViewIndex['names'] {
  const names = editNames(base?.index.names ?? ShardedMap.empty(SHARDS));
  for (const { before, after } of containers) {
    if (before) names.dropContainer(before);
    if (after) names.putContainer(after);
  }
  for (const { before, after } of changes.hosts) {
    if (before?.host?.name === after?.host?.name) continue;
    if (before?.host) names.dropHost(hostName(before.host), before.host.id);
    if (after?.host) names.addHost(hostName(after.host), after.host.id);
  }
  for (const { key, text } of edits) {
    const after = services.get(key.stack)?.get(key.inner);
    if (after) names.addService(serviceName(key), text);
    else names.dropService(serviceName(key), text);
  }
  return names.done();
}

function subnetsOf(own: HostState | null): readonly Cidr[] {
  const cidrs = [...(own?.networks.values() ?? [])].flatMap((network) => network.subnets);
  return cidrs.flatMap(subnetOf);
}

function managedSubnets(base: HostView | null, snapshot: Snapshot, hosts: readonly HostChange[]): readonly Cidr[] {
  const same = hosts.every(({ before, after }) => before?.host?.subnets === after?.host?.subnets);
  if (base && same) return base.index.managedSubnets;
  const known = new Map(base?.index.managedSubnets.map((subnet) => [subnet.text, subnet]));
  const cidrs = new Set([...snapshot.hosts.values()].flatMap(({ host }) => host?.subnets ?? []));
  return [...cidrs].sort().flatMap((cidr) => known.get(cidr) ?? subnetOf(cidr));
}

/** Text that is not a range is left out; a range written as an address inside it counts. */
function subnetOf(text: string): readonly Cidr[] {
  const parsed = parseInterfaceCidr(text);
  return parsed.ok ? [parsed.value.cidr] : [];
}
