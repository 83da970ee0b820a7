import { isIP } from 'node:net';
import { type Container, ok, plainAddress, problem, type Result } from '../model/index.ts';
import { viewOf } from './build/view-of.ts';
import { networkOwner } from './endpoints/address.ts';
import { findContainers } from './host-view/find.ts';
import type { HostView } from './host-view/host-view.ts';
import { identify, isLocalAddress } from './host-view/identity.ts';

/** Who is taken to ask, and in whose eyes. */
export interface FoundAsker {
  /** Of the asker's host. */
  readonly view: HostView;
  /** Null: anybody. */
  readonly container: Container | null;
  readonly label: string;
  readonly address: string | null;
  readonly notes: readonly string[];
}

/** `from` is a container (name or the beginning of its id) or an address; null: anybody on this host. */
export function findAsker(view: HostView, from: string | null): Result<FoundAsker> {
  if (from === null) return ok({ view, container: null, label: 'anybody', address: null, notes: [] });
  if (isIP(from) !== 0) return ok(atAddress(view, plainAddress(from)));
  const found = findByName(view, from);
  const [container, other] = found;
  if (!container) {
    return problem(`container ${from}`, 'is not known on any host', 'see `drover containers` for those that are');
  }
  if (other) {
    const all = found.map(({ name, id, hostId }) => `${name} (${id.slice(0, 12)} on ${hostName(view, hostId)})`);
    return problem(`container ${from}`, `could be ${all.join(', ')}`, 'name it by its id');
  }
  return ok(asContainer(view, container));
}

function atAddress(view: HostView, address: string): FoundAsker {
  const container = identify(view, address);
  if (container) return { view, container, label: container.name, address, notes: [] };
  const notes = isLocalAddress(view, address)
    ? [`${address} is in a network of this host, but no container is known to have it, or two claim it`]
    : [`${address} is no container's on this host: it sees what everybody sees`];
  return { view, container: null, label: 'anybody', address, notes };
}

/** By name first; of several the one on this host. */
function findByName(view: HostView, text: string): readonly Container[] {
  const named = findContainers(view, text);
  const all = named.length > 0 ? named : byId(view, text.toLowerCase());
  const here = all.filter(({ hostId }) => hostId === view.hostId);
  return here.length > 0 ? here : all;
}

function byId(view: HostView, id: string): readonly Container[] {
  if (!/^[0-9a-f]{4,64}$/.test(id)) return [];
  return [...view.snapshot.hosts.values()].flatMap(({ containers }) =>
    [...containers.values()].filter((container) => container.id.startsWith(id)),
  );
}

/** As its own host's server sees it: by the address that its queries come from. */
function asContainer(here: HostView, container: Container): FoundAsker {
  const elsewhere = container.hostId !== here.hostId;
  const view = elsewhere ? viewOf(here.snapshot, container.hostId) : here;
  const away = elsewhere
    ? [`it runs on ${hostName(here, container.hostId)}: this is what that host answers, by what this one knows of it`]
    : [];
  const owner = networkOwner(view, container);
  const anybody = { view, container: null, label: 'anybody', address: null };
  if (!owner) return { ...anybody, notes: [...away, `the container whose network ${container.name} shares is gone`] };
  const shared =
    owner === container ? [] : [`${container.name} shares the network of ${owner.name}, and is taken for it`];
  if (owner.networkMode === 'host' || owner.networkMode === 'none') {
    const note = `${owner.name} has ${owner.networkMode === 'host' ? "its host's" : 'no'} network: it sees what everybody sees`;
    return { ...anybody, notes: [...away, ...shared, note] };
  }
  const addresses = owner.addresses.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]).filter((text) => text !== null);
  const address = addresses.find((text) => identify(view, text) === owner) ?? null;
  const notes = [...away, ...shared];
  if (address === null) {
    notes.push(
      addresses.length === 0
        ? `${owner.name} has no address now (${owner.state}): this is what it would get`
        : `the addresses of ${owner.name} are claimed by another container too: until that ends it gets what everybody gets`,
    );
  }
  const container_ = address === null && addresses.length > 0 ? null : owner;
  return { view, container: container_, label: owner.name, address, notes };
}

function hostName({ snapshot }: HostView, id: string): string {
  return snapshot.hosts.get(id)?.host?.name ?? id;
}
