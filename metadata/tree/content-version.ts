import type { Container, Environment, HostState } from '../../model/index.ts';
import {
  type Checkers,
  type HostView,
  isCheckedElsewhere,
  type ServiceView,
  type StackView,
} from '../../view/index.ts';
import { isObject, sortedKeys, type Value, type ValueObject } from '../value/value.ts';
import { checkOf, dependsOnOthers } from './container.ts';
import { idsOf } from './health-check.ts';
import { standaloneOf } from './listing.ts';
import { createMapSum, type Part } from './map-sum.ts';
import { sameItems } from './memo.ts';
import type { Objects } from './objects.ts';
import type { Scopes } from './scopes.ts';
import { add, digest, formatSum, type Sum, ZERO } from './sum.ts';

/**
 * The `version` of a view. It depends on the content alone: it changes only with the content, and is the same after a restart.
 * `objects` are those of the newest API version, which together with the names as written show the whole content.
 */
export type ContentVersion = (view: HostView, objects: Objects) => string;

/**
 * Sums the hashes of all objects. Keeps the hashes and not the objects, because most of 20,000 containers may never be
 * read. Hashes of unchanged objects are reused, so that the cost of a change follows the change.
 */
export function createContentVersion(): ContentVersion {
  const stacks = createMapSum<StackView, StackSum>();
  const hosts = createMapSum<HostState, HostSum>();
  let before: Common = { environment: null, scopes: new Map(), checkers: [], sum: ZERO };
  return (view, objects) => {
    const { environment } = view.snapshot;
    const { scopes, checkers } = objects;
    const isSame = before.environment === environment && before.scopes === scopes;
    const sum = isSame && before.checkers === checkers ? before.sum : commonSum(view, objects);
    const parts = createPartSums(view, objects, before);
    const all = [
      sum,
      stacks(view.stacks, { isSame, make: parts.ofStack }),
      hosts(view.snapshot.hosts, { isSame, make: parts.ofHost }),
    ];
    before = { environment, scopes, checkers, sum };
    return formatSum(all.reduce(add));
  };
}

/** The inputs that all objects share, and their own sum. */
interface Common {
  readonly environment: Environment | null;
  readonly scopes: Scopes;
  readonly checkers: Checkers;
  readonly sum: Sum;
}

interface StackSum extends Part {
  readonly services: ReadonlyMap<string, ServiceSum>;
}

interface ServiceSum extends Part {
  readonly service: ServiceView;
  readonly sidekicks: readonly string[];
  readonly own: Sum;
  readonly containers: ContainerSums;
}

interface HostSum extends Part {
  readonly containers: ContainerSums;
}

/** The containers of one service, or the standalone containers of one host. */
interface ContainerSums extends Part {
  readonly containers: readonly Container[];
  readonly sums: readonly Sum[];
}

function commonSum({ snapshot, hostId }: HostView, objects: Objects): Sum {
  const { name, uuid } = snapshot.environment;
  // The hosts that check a container follow from all checkers, so no container is read again when a host comes or goes.
  const common = digest([name, uuid, hostId, idsOf(objects.checkers)]);
  return add(common, digest(objects.networks().map(shownBy)));
}

function createPartSums(view: HostView, objects: Objects, before: Common) {
  const { scopes } = objects;
  const sameEnvironment = before.environment === view.snapshot.environment;
  const isAsBefore = (container: Container): boolean =>
    sameEnvironment &&
    !dependsOnOthers(container) &&
    before.scopes.get(container.hostId) === scopes.get(container.hostId);

  const ofContainers = (
    containers: readonly Container[],
    service: ServiceView | null,
    known: ContainerSums | undefined,
  ): ContainerSums => {
    const kept = new Map(known?.containers.map((container, index) => [container, known.sums[index]]));
    const sums = containers.map((container) => {
      const sum = isAsBefore(container) ? kept.get(container) : undefined;
      if (sum) return sum;
      const object = objects.uncachedContainer(container, service);
      const check = checkOf(container, service && objects.identity(service));
      const isSpread = check !== null && isCheckedElsewhere(view, container, check);
      return digest([shownBy(object), container.name, isSpread]);
    });
    return { containers, sums, sum: sums.reduce(add, ZERO), isLinked: containers.some(dependsOnOthers) };
  };
  const ofService = (service: ServiceView, stack: StackView, known: ServiceSum | undefined): ServiceSum => {
    const sidekicks = objects.sidekicksOf(service, stack);
    const sameOwn = sameEnvironment && known?.service === service && sameItems(known.sidekicks, sidekicks);
    if (sameOwn && before.scopes === scopes && !known.isLinked) return known;
    const own = sameOwn ? known.own : digest(ownPart(objects, service, stack));
    const sameIdentity = known && objects.identity(known.service).text === objects.identity(service).text;
    const containers = ofContainers(service.containers, service, sameIdentity ? known.containers : undefined);
    return { service, sidekicks, own, containers, sum: add(own, containers.sum), isLinked: containers.isLinked };
  };
  return {
    ofStack: (stack: StackView, known: StackSum | undefined): StackSum => {
      const services = new Map(
        [...stack.services].map(([key, service]) => [key, ofService(service, stack, known?.services.get(key))]),
      );
      const parts = [...services.values()];
      const isLinked = parts.some((part) => part.isLinked);
      return { services, sum: parts.map(({ sum }) => sum).reduce(add, ZERO), isLinked };
    },
    ofHost: (state: HostState, known: HostSum | undefined): HostSum => {
      const own = state.host ? digest(shownBy(objects.host(state.host))) : ZERO;
      const containers = ofContainers(standaloneOf(state), null, known?.containers);
      return { containers, sum: add(own, containers.sum), isLinked: containers.isLinked };
    },
  };
}

/** A service without its containers, but with what the newest API version does not show to every client. */
function ownPart(objects: Objects, service: ServiceView, stack: StackView): Value {
  const { name, stack: stackName, primaryService, declaration } = service;
  const object = { ...objects.uncachedService(service, stack), metadata: declaration?.metadata ?? '' };
  return [shownBy(object), name, stackName, primaryService, tokenOf(service)];
}

/** Only the service's own containers see the token, but their long polls must wake up when it changes. */
function tokenOf({ declaration }: ServiceView): string | null {
  const token = declaration?.options.token;
  return typeof token === 'string' ? token : null;
}

/** The values of an object, without the keys, which are always the same. Labels and links are sorted, because their order has no meaning. */
function shownBy(object: ValueObject): Value {
  const { labels = null, links = null, ...others } = object;
  return [...Object.values(others), sortedEntries(labels), sortedEntries(links)];
}

function sortedEntries(map: Value): Value {
  return map !== null && isObject(map) ? sortedKeys(map).flatMap((key) => [key, map[key] ?? null]) : map;
}
