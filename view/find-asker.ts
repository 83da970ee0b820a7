import { isIP } from 'node:net';
import { type Container, ok, plainAddress, problem, type Result } from '../model/index.ts';
import { viewOf } from './build/view-of.ts';
import { networkOwner } from './endpoints/network-owner.ts';
import { findContainers } from './host-view/find.ts';
import type { HostView } from './host-view/host-view.ts';
import { identify, isLocalAddress } from './host-view/identity.ts';

/** The asker of an explanation, and the view of its host. */
export interface FoundAsker {
  /** The view of the asker's host. */
  readonly view: HostView;
  /** Null: a client that is not a container of the host. */
  readonly container: Container | null;
  readonly label: string;
  readonly address: string | null;
  readonly notes: readonly string[];
}

/** `from` is a container (name or the beginning of its id) or an address; null: a client that is not a container. */
export function findAsker(view: HostView, from: string | null): Result<FoundAsker> {
  if (from === null) return ok({ view, container: null, label: 'anybody', address: null, notes: [] });
  if (isIP(from) !== 0) return ok(atAddress(view, plainAddress(from)));
  const found = findContainer(view, from);
  return found.ok ? ok(asContainer(view, found.value)) : found;
}

/** The one container with this name, or with an id that begins like this; of several, the one of this host. */
export function findContainer(view: HostView, text: string): Result<Container> {
  const found = findByName(view, text);
  const [container, other] = found;
  if (!container) {
    return problem(`container ${text}`, 'is not known on any host', 'list the known ones: `drover containers`');
  }
  if (other) {
    const all = found.map(({ name, id, hostId }) => `${name} (${id.slice(0, 12)} on ${hostName(view, hostId)})`);
    return problem(`container ${text}`, `could be ${all.join(', ')}`, 'use its id');
  }
  return ok(container);
}

function atAddress(view: HostView, address: string): FoundAsker {
  const container = identify(view, address);
  if (container) return { view, container, label: container.name, address, notes: [] };
  const notes = isLocalAddress(view, address)
    ? [`${address} is in a network of this host, but no container is known to have it, or two claim it`]
    : [`${address} belongs to no container on this host: it gets the default answers`];
  return { view, container: null, label: 'anybody', address, notes };
}

/** By name, else by id; containers of this host first. */
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

/** As the server of its own host sees it: by the source address of its queries. */
function asContainer(here: HostView, container: Container): FoundAsker {
  const elsewhere = container.hostId !== here.hostId;
  const view = elsewhere ? viewOf(here.snapshot, container.hostId) : here;
  const away = elsewhere
    ? [
        `it runs on ${hostName(here, container.hostId)}: this is the answer of that host, as far as this host knows its state`,
      ]
    : [];
  const owner = networkOwner(view, container);
  const anybody = { view, container: null, label: 'anybody', address: null };
  if (!owner)
    return { ...anybody, notes: [...away, `the container whose network ${container.name} shares does not exist`] };
  const shared =
    owner === container
      ? []
      : [`${container.name} shares the network of ${owner.name} and gets the answers of that container`];
  if (owner.networkMode === 'host' || owner.networkMode === 'none') {
    const note = `${owner.name} has ${owner.networkMode === 'host' ? "its host's" : 'no'} network: it gets the default answers`;
    return { ...anybody, notes: [...away, ...shared, note] };
  }
  const addresses = owner.addresses.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]).filter((text) => text !== null);
  const address = addresses.find((text) => identify(view, text) === owner) ?? null;
  const notes = [...away, ...shared];
  if (address === null) {
    notes.push(
      addresses.length === 0
        ? `${owner.name} has no address now (${owner.state}): this is the answer that it would get`
        : `another container claims the addresses of ${owner.name}, too: until that ends it gets the default answers`,
    );
  }
  const container_ = address === null && addresses.length > 0 ? null : owner;
  return { view, container: container_, label: owner.name, address, notes };
}

function hostName({ snapshot }: HostView, id: string): string {
  return snapshot.hosts.get(id)?.host?.name ?? id;
}
