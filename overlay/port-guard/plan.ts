import { removeTable, replaceTable, type Step, sameTable, step, type TableId } from '../../linux/index.ts';
import type { Problem } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import type { DesiredGuard, GuardedContainer, PortGuardSettings } from './desired-guard.ts';
import type { BridgePort, ObservedGuard } from './observe.ts';
import { type GuardElements, NO_ELEMENTS, renderDifference, renderFrame } from './render.ts';

/** A table that is not as it should be is replaced with all that is in it; else only what changed in its sets is changed. */
export function planPortGuard(
  { table }: PortGuardSettings,
  desired: DesiredGuard,
  observed: ObservedGuard,
): Plan<Step> {
  if (observed.refusal !== null) return { changes: [], problems: [refused(observed.refusal)] };
  const frame = renderFrame(table);
  const wanted = guardElements(desired, observed);
  const problems = observed.hidden.length === 0 ? [] : [hidden(observed.hidden)];
  if (!sameTable(observed.frame, frame)) {
    const text = `${frame}${renderDifference(table, NO_ELEMENTS, wanted)}`;
    return { changes: [replaceTable(tableId(table), text)], problems };
  }
  const difference = renderDifference(table, observed.elements, wanted);
  return { changes: difference === '' ? [] : [step('nft -f -', difference)], problems };
}

export function planPortGuardRemoval({ table }: PortGuardSettings, frame: string | null): readonly Step[] {
  return frame === null ? [] : [removeTable(tableId(table))];
}

/** What the sets are to hold, sorted: a port is known once a container is found behind it. */
export function guardElements({ device, containers }: DesiredGuard, observed: ObservedGuard): GuardElements {
  const index = indexPorts(device, observed);
  const found = containers.flatMap((container) =>
    portsOf(container, index, observed.namespaces).map((port) => ({ ...container, port })),
  );
  return {
    elsewhere: sorted(observed.ports.filter(({ bridge }) => bridge !== device).map(quoted)),
    known: sorted(found.map(({ port }) => port)),
    macs: sorted(found.map(({ port, mac }) => `${port} . ${mac.toLowerCase()}`)),
    addresses: sorted(found.map(({ port, ipv4 }) => `${port} . ${ipv4}`)),
    taken: sorted([...found.map(({ ipv4 }) => ipv4), ...observed.ownAddresses]),
  };
}

/** Containers that the table gives no port of the bridge. */
export function unboundContainers(
  { device, containers }: DesiredGuard,
  observed: Pick<ObservedGuard, 'ports' | 'elements'>,
): readonly GuardedContainer[] {
  const { bound } = indexPorts(device, observed);
  return containers.filter(({ ipv4 }) => !bound.has(ipv4));
}

/** Ports of the guarded bridge, as names in the words of nft. */
interface PortIndex {
  /** Number of a namespace -> the ports that lead into it. */
  readonly leading: ReadonlyMap<number | null, readonly string[]>;
  /** Address -> the ports that the table gives it. */
  readonly bound: ReadonlyMap<string, readonly string[]>;
}

function indexPorts(device: string, { ports, elements }: Pick<ObservedGuard, 'ports' | 'elements'>): PortIndex {
  const own = ports.filter(({ bridge }) => bridge === device);
  const names = new Set(own.map(quoted));
  const bindings = elements.addresses
    .map((element) => element.split(' . ') as [string, string?])
    .filter(([port]) => names.has(port));
  const byNamespace = Map.groupBy(own, ({ namespace }) => namespace);
  const byAddress = Map.groupBy(bindings, ([, ipv4 = '']) => ipv4);
  return {
    leading: new Map([...byNamespace].map(([namespace, group]) => [namespace, group.map(quoted)])),
    bound: new Map([...byAddress].map(([ipv4, group]) => [ipv4, group.map(([port]) => port)])),
  };
}

/**
 * Behind which ports a container is: those that lead into its network namespace, by the kernel's word. Else those that the
 * table gives it: one that moves its end of the cable elsewhere stays bound.
 */
function portsOf(
  { id, ipv4 }: GuardedContainer,
  { leading, bound }: PortIndex,
  namespaces: ObservedGuard['namespaces'],
): readonly string[] {
  const namespace = namespaces.get(id);
  return (namespace === undefined ? undefined : leading.get(namespace)) ?? bound.get(ipv4) ?? [];
}

function quoted({ name }: BridgePort): string {
  return `"${name}"`;
}

function sorted(elements: readonly string[]): readonly string[] {
  return [...new Set(elements)].toSorted();
}

export function tableId(name: string): TableId {
  return { family: 'bridge', name };
}

function refused(refusal: string): Problem {
  return {
    subject: 'port guard',
    what: `containers can send under addresses of others: this host does not take an nft table of family bridge: ${refusal}`,
    hint: 'use a kernel with nf_tables for bridges (CONFIG_NF_TABLES_BRIDGE; modprobe nf_tables), or do without: network.guard: false',
  };
}

function hidden(ids: readonly string[]): Problem {
  const [first = '', ...others] = ids.map((id) => id.slice(0, 12));
  return {
    subject: 'port guard',
    what: `container ${first}${others.length > 0 ? ` and ${others.length} others` : ''} can send under addresses of others: which port leads to it may not be seen`,
    hint: 'give the agent the capability SYS_PTRACE',
  };
}
