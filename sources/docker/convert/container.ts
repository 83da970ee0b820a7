import type { Container, ContainerAddress, ContainerExit } from '../../../model/index.ts';
import type { Inspect } from '../engine/schema.ts';
import { addressesOf, sortAddresses, unusualAliases, withAliases } from './addresses.ts';
import { describeContainer } from './describe-container.ts';
import { exposedPorts, publishedPorts } from './ports.ts';
import { healthOf, isActive, isRunningWell, networkModeOf, stateOf } from './state.ts';

/** What a container's fact depends on, besides Docker's answer. */
export interface ConvertContext {
  readonly hostId: string;
  readonly ourResolver: string;
  /** The fact so far, also of an earlier agent. */
  readonly previous: Container | null;
  /** When the container was last sent this signal, milliseconds since the epoch by Docker's clock; null: not known. */
  readonly signalledAtMs: (stopSignal: string | null) => number | null;
  /** Its addresses that only the networks report. */
  readonly pending: readonly ContainerAddress[];
  /** Docker id of a container by name or by id. */
  readonly idOf: (nameOrId: string) => string | null;
}

/** The fact of a container from Docker's answer. Pure. */
export function containerFromInspect(inspect: Inspect, context: ConvertContext): Container {
  const { Config, HostConfig, NetworkSettings } = inspect;
  const startedAtMs = parseTime(inspect.State.StartedAt);
  const stopping = (context.signalledAtMs(Config.StopSignal ?? null) ?? 0) > (startedAtMs ?? 0);
  const state = stateOf(inspect.State.Status, { stopping, starting: context.pending.length > 0 });
  const active = isActive(state);
  const health = active ? healthOf(inspect.State.Health?.Status) : null;
  const { fields } = describeContainer({ id: inspect.Id, name: inspect.Name, labels: Config.Labels });
  const hostname = Config.Hostname || null;
  const aliases = unusualAliases({ ...fields, hostname }, NetworkSettings.Networks, active);
  const listed = addressesOf(NetworkSettings.Networks);
  const addresses = active ? withPending(listed, context.pending) : state === 'starting' ? context.pending : [];
  return {
    ...fields,
    hostId: context.hostId,
    hostname,
    image: Config.Image ?? '',
    state,
    health,
    ...lifeOf(context.previous, { state, health, startedAtMs }, inspect.RestartCount ?? 0),
    exit: state === 'stopped' || state === 'restarting' ? exitOf(inspect.State, context.previous) : null,
    ...networkModeOf(HostConfig.NetworkMode, { idOf: context.idOf, networks: Object.keys(NetworkSettings.Networks) }),
    addresses: sortAddresses(addresses).map((address) => withAliases(address, aliases)),
    ports: active ? publishedPorts(NetworkSettings.Ports) : [],
    exposed: exposedPorts(Config.ExposedPorts),
    links: resolveLinks(linksOf(inspect), context.idOf),
    dns: HostConfig.Dns.filter((address) => address !== context.ourResolver),
    dnsSearch: HostConfig.DnsSearch,
    createdAtMs: parseTime(inspect.Created) ?? 0,
    memoryReservation: HostConfig.MemoryReservation || null,
    milliCpuReservation: null,
  };
}

function withPending(listed: readonly ContainerAddress[], pending: readonly ContainerAddress[]) {
  const others = pending.filter(({ networkId }) => listed.every((address) => address.networkId !== networkId));
  return [...listed, ...others];
}

type Life = Pick<Container, 'state' | 'health' | 'startedAtMs'>;

function lifeOf(
  previous: Container | null,
  life: Life,
  restartCount: number,
): Pick<Container, 'startedAtMs' | 'wasReady' | 'startCount'> {
  const { startedAtMs } = life;
  if (startedAtMs === null) return { startedAtMs, wasReady: false, startCount: 0 };
  const sameStart = previous?.startedAtMs === startedAtMs;
  const startCount = sameStart ? previous.startCount : Math.max(previous?.startCount ?? 0, restartCount) + 1;
  return { startedAtMs, wasReady: isRunningWell(life) || (sameStart && previous.wasReady), startCount };
}

/** Docker's end time and the time of its die event differ slightly. The first one is kept, so that the fact changes once. */
function exitOf({ ExitCode: code, FinishedAt }: Inspect['State'], previous: Container | null): ContainerExit | null {
  const atMs = parseTime(FinishedAt);
  if (atMs === null) return null;
  const before = previous?.exit;
  if (before && before.code === code && Math.abs(before.atMs - atMs) < 2_000) return before;
  return { code: code ?? 0, atMs };
}

/** Name in the container -> target of a link: name or id of a container, or another name of it on a common network. */
export type Links = ReadonlyMap<string, string>;

/** `--link web:alias`: on the default bridge as `/web:/self/alias` in `HostConfig`, on other networks in `NetworkSettings`. */
export function linksOf({ HostConfig, NetworkSettings }: Inspect): Links {
  const networkLinks = Object.values(NetworkSettings.Networks).flatMap((attachment) => attachment.Links);
  const links = [...HostConfig.Links, ...networkLinks].flatMap((link) => {
    const [target = '', alias = target] = link.split(':');
    const name = alias.slice(alias.lastIndexOf('/') + 1);
    return target === '' || name === '' ? [] : [[name, target.replace(/^\//, '')] as const];
  });
  return new Map(links);
}

/** Name in the container -> id of the linked container, for targets that exist. */
export function resolveLinks(links: Links, idOf: ConvertContext['idOf']): Readonly<Record<string, string>> {
  const found = [...links].flatMap(([name, target]) => {
    const id = idOf(target);
    return id === null ? [] : [[name, id] as const];
  });
  return Object.fromEntries(found);
}

/** Docker writes year 1 for "never". */
function parseTime(text: string | null | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isFinite(time) && time > 0 ? time : null;
}
