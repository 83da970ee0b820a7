import { askerKey, type Explanation, explain, hasAddresses, type WhyRequest } from '../../dns/index.ts';
import type { Container, Problem } from '../../model/index.ts';
import { type HostView, lookupName, meantContainers, type NameMeaning, type Scope, scopeOf } from '../../view/index.ts';

const ADDRESS_RECORD = 1;
/** Every kind of client looks every name up. With more lookups, a running agent could not do its other work in time. */
const MOST_LOOKUPS = 100_000;

/**
 * Names that containers lose or gain when Drover becomes their resolver: those that Docker's own resolver answers on their networks
 * now, compared with the answers of Drover. A name without an address for the client is no gain. Names of the outside do not change.
 * Containers beyond MOST_LOOKUPS are only counted. Pure.
 */
export function findNameChanges(
  view: HostView,
  containers: readonly Container[],
  settings: WhyRequest['settings'],
): readonly Problem[] {
  const known = dockerNames(view);
  const lost = new Map<string, string[]>();
  const gained = new Map<string, string[]>();
  const full = fullNames(view);
  let lookups = 0;
  let skipped = 0;
  for (const askers of Map.groupBy(containers, (container) => askerKey(view, container)).values()) {
    if (lookups > MOST_LOOKUPS) {
      skipped += askers.length;
      continue;
    }
    const [container] = askers as [Container];
    const scope = scopeOf(view, container);
    const names = askers.map(({ name }) => name);
    const before = namesOf(scope, known);
    const candidates = [...new Set([...shortNames(view, scope, full), ...full])].filter((name) => !before.has(name));
    lookups += before.size + candidates.length;
    const losses = [...before].flatMap(([name, bearers]) => lossOf(view, scope, { name, bearers }, settings));
    if (losses.length > 0) add(lost, losses.join('; '), names);
    const gains = candidates.filter((name) => hasAddresses(view, scope, name, settings));
    if (gains.length > 0) add(gained, gains.join(', '), names);
  }
  return [
    ...[...lost].map(([names, askers]) => loss(askers, names)),
    ...[...gained].map(([names, askers]) => gain(askers, names)),
    ...(skipped > 0 ? [notCompared(skipped)] : []),
  ];
}

/** Network id -> name -> containers with that name in Docker's resolver. */
type DockerNames = ReadonlyMap<string, ReadonlyMap<string, readonly Container[]>>;

function dockerNames({ index }: HostView): DockerNames {
  const networks = new Map<string, Map<string, readonly Container[]>>();
  for (const [key, containers] of index.docker) {
    const at = key.lastIndexOf('@');
    const names = networks.get(key.slice(at + 1)) ?? new Map<string, readonly Container[]>();
    networks.set(key.slice(at + 1), names.set(key.slice(0, at), containers));
  }
  return networks;
}

/** Like Docker, the containers of the first network that has the name. */
function namesOf({ networks }: Scope, known: DockerNames): ReadonlyMap<string, readonly Container[]> {
  const names = new Map<string, readonly Container[]>();
  for (const { id } of networks) {
    for (const [name, containers] of known.get(id) ?? []) {
      const bearers = containers.filter(({ addresses }) => addresses.some(({ networkId }) => networkId === id));
      if (bearers.length > 0 && !names.has(name)) names.set(name, bearers);
    }
  }
  return names;
}

interface DockerName {
  readonly name: string;
  readonly bearers: readonly Container[];
}

function lossOf(
  view: HostView,
  scope: Scope,
  { name, bearers }: DockerName,
  settings: WhyRequest['settings'],
): readonly string[] {
  if (isSame(lookupName(view, scope, name).meaning, bearers)) return [];
  const explained = explain(view, { name, type: ADDRESS_RECORD, from: scope.container?.id ?? null }, settings);
  if (!explained.ok) return [];
  const answers = explained.value.reply.answers.map(({ value }) => value);
  const isOne = bearers.some(({ addresses }) => addresses.some(({ ipv4 }) => ipv4 !== null && answers.includes(ipv4)));
  if (isOne) return [];
  return [
    answers.length > 0 ? `${name} (Drover answers ${answers.join(', ')})` : `${name} (${reasonOf(explained.value)})`,
  ];
}

/** Whether Drover, too, means one of these containers by Docker's name, and the container is well: no need to explain the answer. */
function isSame(meaning: NameMeaning, bearers: readonly Container[]): boolean {
  const meant = meantContainers(meaning);
  const isWell = ({ state, health }: Container) => state === 'running' && (health === null || health === 'healthy');
  return bearers.some((one) => isWell(one) && meant?.includes(one));
}

function reasonOf({ endpoints, reply }: Explanation): string {
  const [first] = endpoints.filter(({ given }) => !given);
  return first ? first.reason : reply.meaning;
}

/** Drover's names for services and containers, by name. They mean the same to all clients. */
function fullNames(view: HostView): readonly string[] {
  const scope = scopeOf(view, null);
  return [...view.index.names.keys()].filter((name) => hasRecords(view, scope, name)).sort();
}

/** The names of the container's own stack without the stack. */
function shortNames(view: HostView, scope: Scope, full: readonly string[]): readonly string[] {
  const { stack = null } = scope.container ?? {};
  if (stack === null) return [];
  const own = `.${stack.toLowerCase()}`;
  const short = full.flatMap((name) => (name.endsWith(own) ? [name.slice(0, -own.length)] : []));
  return short.filter((name) => hasRecords(view, scope, name));
}

function hasRecords(view: HostView, scope: Scope, name: string): boolean {
  return HAVE_RECORDS.has(lookupName(view, scope, name).meaning.kind);
}

const HAVE_RECORDS: ReadonlySet<string> = new Set(['service', 'container', 'cname']);

function add(groups: Map<string, string[]>, names: string, askers: readonly string[]): void {
  groups.set(names, [...(groups.get(names) ?? []), ...askers]);
}

const subjectOf = (askers: readonly string[]): string =>
  `${askers.length === 1 ? 'container' : 'containers'} ${askers.join(', ')}`;

function loss(askers: readonly string[], names: string): Problem {
  return {
    subject: subjectOf(askers),
    what: `names that Docker's resolver answers and Drover answers otherwise: ${names}`,
    hint: 'make these endpoints ready, or keep the resolver of Docker with the label drover.dns=false',
  };
}

function gain(askers: readonly string[], names: string): Problem {
  return { subject: subjectOf(askers), what: `names that only Drover answers: ${names}`, hint: 'no action needed' };
}

function notCompared(count: number): Problem {
  return {
    subject: `${count} more containers`,
    what: 'their names are not compared, because this host has too many',
    hint: 'no action needed; for one name run `drover why dns NAME --from CONTAINER`',
  };
}
