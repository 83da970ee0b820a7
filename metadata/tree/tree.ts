import type { Container } from '../../model/index.ts';
import { type HostView, type ServiceView, type StackView, serviceOf } from '../../view/index.ts';
import { lazyObject, type Value, type ValueObject } from '../value/value.ts';
import { createContentVersion } from './content-version.ts';
import { hostsOf } from './listing.ts';
import { createObjects, type Objects, type ServiceNode } from './objects.ts';
import { createScopes } from './scopes.ts';
import { withToken } from './service.ts';
import { NEWEST, type Version } from './versions.ts';

/** Gives the tree of an asker: a container of this host, or null for anybody else. */
export type TreeOf = (view: HostView, version: Version, asker: Container | null) => ValueObject;

/**
 * Trees of one view after another, sharing what did not change. Each part is made when it is first read. `resolver` is where
 * containers ask for names: they show it in `dns`.
 */
export function createTrees(resolver = '169.254.169.250'): TreeOf {
  const scopesOf = createScopes();
  const kept = new Map<Version, Kept>();
  const contentVersion = createContentVersion();
  const trunks = new WeakMap<HostView, Map<Version, Trunk>>();

  const trunkOf = (view: HostView, version: Version): Trunk => {
    const ofView = trunks.get(view) ?? new Map<Version, Trunk>();
    trunks.set(view, ofView);
    const known = ofView.get(version);
    if (known) return known;
    if (ofView.size === 0) forgetUnread(kept);
    const ofVersion = kept.get(version) ?? { make: createObjects({ version, resolver, scopesOf }), unread: 0 };
    kept.set(version, ofVersion);
    const objects = ofVersion.make(view);
    const onList = (): void => {
      ofVersion.unread = 0;
    };
    const shared = lazyObject({
      ...sharedMembers(view, version, objects, onList),
      version: () => contentVersion(view, trunkOf(view, NEWEST).objects),
    });
    const trunk = { objects, shared, trees: new Map<Container | null, ValueObject>() };
    ofView.set(version, trunk);
    return trunk;
  };
  const grow = (view: HostView, { objects, shared }: Trunk, asker: Container | null): ValueObject => {
    const members = Object.keys(shared).map((key) => [key, () => shared[key] ?? null] as const);
    return lazyObject({ ...Object.fromEntries(members), self: () => selfObject(view, objects, asker) });
  };
  return (view, version, asker) => {
    const trunk = trunkOf(view, version);
    const known = trunk.trees.get(asker);
    if (known) return known;
    const tree = grow(view, trunk, asker);
    trunk.trees.set(asker, tree);
    return tree;
  };
}

/** What was made for one version, and of how many views since nobody read a list. */
interface Kept {
  readonly make: (view: HostView) => Objects;
  unread: number;
}

/** Lists are read again and again, or once by somebody who is curious: then nobody needs twenty thousand objects any more. */
const KEPT_VIEWS = 100;

function forgetUnread(kept: Map<Version, Kept>): void {
  for (const [version, ofVersion] of kept) {
    ofVersion.unread += 1;
    if (ofVersion.unread > KEPT_VIEWS) kept.delete(version);
  }
}

/** What all askers see alike. */
interface Trunk {
  readonly objects: Objects;
  readonly shared: ValueObject;
  /** Of those who have asked so far, by container of this host; null: anybody else. */
  readonly trees: Map<Container | null, ValueObject>;
}

function sharedMembers(
  view: HostView,
  version: Version,
  objects: Objects,
  onList: () => void,
): Record<string, () => Value> {
  const { environment } = view.snapshot;
  const list = (make: () => readonly ValueObject[]) => (): Value => {
    onList();
    return make();
  };
  return {
    containers: list(() => containersOf(view, objects)),
    ...(version.environments ? { environments: () => null } : {}),
    hosts: () => hostsOf(view).flatMap(({ host }) => (host ? [objects.host(host)] : [])),
    name: () => environment.name.toLowerCase(),
    networks: () => objects.networks(),
    region_name: () => null,
    services: list(() => servicesOf(view, objects).map(({ object }) => object)),
    stacks: list(() => [...view.stacks.values()].map((stack) => objects.stack(stack).object)),
    uuid: () => environment.uuid,
  };
}

/** By stack and service, those of a service by index; then the standalone ones by host and name. */
function containersOf(view: HostView, objects: Objects): readonly ValueObject[] {
  const ofServices = servicesOf(view, objects).flatMap(({ containers }) => containers);
  const alone = hostsOf(view).flatMap((state) => objects.standalone(state));
  return [...ofServices, ...alone];
}

function servicesOf(view: HostView, objects: Objects): readonly ServiceNode[] {
  return [...view.stacks.values()].flatMap((stack) => objects.stack(stack).services);
}

function selfObject(view: HostView, objects: Objects, asker: Container | null): ValueObject {
  const host = view.snapshot.hosts.get(view.hostId)?.host;
  const service = asker && serviceOf(view, asker);
  const stack = service && stackOf(view, service);
  return lazyObject({
    ...(asker ? { container: () => objects.container(asker, service) } : {}),
    ...(host ? { host: () => objects.host(host) } : {}),
    ...(stack ? { service: () => withToken(objects.service(service, stack).object, service) } : {}),
    ...(stack ? { stack: () => objects.stack(stack).object } : {}),
  });
}

function stackOf(view: HostView, service: ServiceView): StackView | undefined {
  return view.stacks.get(service.key.slice(0, service.key.indexOf('/')));
}
