import type { Container } from '../../model/index.ts';
import { type HostView, type ServiceView, type StackView, serviceOf } from '../../view/index.ts';
import { lazyObject, type Value, type ValueObject } from '../value/value.ts';
import { createContentVersion } from './content-version.ts';
import { createCheckers } from './health-check.ts';
import { hostsOf } from './listing.ts';
import { createObjects, type Objects, type ServiceNode } from './objects.ts';
import { createScopes } from './scopes.ts';
import { withToken } from './service.ts';
import { NEWEST, type Version } from './versions.ts';

/** Returns the tree for a client: a container of this host, or null for every other client. */
export type TreeOf = (view: HostView, version: Version, client: Container | null) => ValueObject;

/**
 * Creates the trees of successive views, which share their unchanged parts. Each part is created when it is first read.
 * `resolver` is the address of the DNS server that containers use, shown in `dns`.
 */
export function createTrees(resolver = '169.254.169.250'): TreeOf {
  const scopesOf = createScopes();
  const checkersOf = createCheckers();
  const kept = new Map<Version, Kept>();
  const contentVersion = createContentVersion();
  const sharedTrees = new WeakMap<HostView, Map<Version, SharedTree>>();

  const sharedOf = (view: HostView, version: Version): SharedTree => {
    const ofView = sharedTrees.get(view) ?? new Map<Version, SharedTree>();
    sharedTrees.set(view, ofView);
    const known = ofView.get(version);
    if (known) return known;
    if (ofView.size === 0) forgetUnread(kept);
    const ofVersion = kept.get(version) ?? {
      make: createObjects({ version, resolver, scopesOf, checkersOf }),
      unread: 0,
    };
    kept.set(version, ofVersion);
    const objects = ofVersion.make(view);
    const onList = (): void => {
      ofVersion.unread = 0;
    };
    const shared = lazyObject({
      ...sharedMembers(view, version, objects, onList),
      version: () => contentVersion(view, sharedOf(view, NEWEST).objects),
    });
    const sharedTree = { objects, shared, trees: new Map<Container | null, ValueObject>() };
    ofView.set(version, sharedTree);
    return sharedTree;
  };
  const treeOf = (view: HostView, { objects, shared }: SharedTree, client: Container | null): ValueObject => {
    const members = Object.keys(shared).map((key) => [key, () => shared[key] ?? null] as const);
    return lazyObject({ ...Object.fromEntries(members), self: () => selfObject(view, objects, client) });
  };
  return (view, version, client) => {
    const sharedTree = sharedOf(view, version);
    const known = sharedTree.trees.get(client);
    if (known) return known;
    const tree = treeOf(view, sharedTree, client);
    sharedTree.trees.set(client, tree);
    return tree;
  };
}

/** The objects of one API version, and the number of views since a list was last read. */
interface Kept {
  readonly make: (view: HostView) => Objects;
  unread: number;
}

/** Objects are dropped after this many views without a read of a list: 20,000 objects take much memory. */
const UNREAD_VIEWS = 100;

function forgetUnread(kept: Map<Version, Kept>): void {
  for (const [version, ofVersion] of kept) {
    ofVersion.unread += 1;
    if (ofVersion.unread > UNREAD_VIEWS) kept.delete(version);
  }
}

/** The part of a tree that all clients share. */
interface SharedTree {
  readonly objects: Objects;
  readonly shared: ValueObject;
  /** Trees created so far, by client: a container of this host, or null for every other client. */
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

/** By stack, service and index; then the standalone containers by host and name. */
function containersOf(view: HostView, objects: Objects): readonly ValueObject[] {
  const ofServices = servicesOf(view, objects).flatMap(({ containers }) => containers);
  const alone = hostsOf(view).flatMap((state) => objects.standalone(state));
  return [...ofServices, ...alone];
}

function servicesOf(view: HostView, objects: Objects): readonly ServiceNode[] {
  return [...view.stacks.values()].flatMap((stack) => objects.stack(stack).services);
}

function selfObject(view: HostView, objects: Objects, client: Container | null): ValueObject {
  const host = view.snapshot.hosts.get(view.hostId)?.host;
  const service = client && serviceOf(view, client);
  const stack = service && stackOf(view, service);
  return lazyObject({
    ...(client ? { container: () => objects.container(client, service) } : {}),
    ...(host ? { host: () => objects.host(host) } : {}),
    ...(stack ? { service: () => withToken(objects.service(service, stack).object, service) } : {}),
    ...(stack ? { stack: () => objects.stack(stack).object } : {}),
  });
}

function stackOf(view: HostView, service: ServiceView): StackView | undefined {
  return view.stacks.get(service.key.slice(0, service.key.indexOf('/')));
}
