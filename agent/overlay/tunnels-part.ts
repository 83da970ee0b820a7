import { readDevice, readIp } from '../../linux/index.ts';
import {
  type BackendAbility,
  type BackendName,
  type Cidr,
  type HostOverlay,
  isEncrypted,
  isSameTunnel,
  type OverlayChoice,
  type Problem,
  type TunnelEnd,
  type TunnelId,
  wantedTunnel,
} from '../../model/index.ts';
import { type Backend, can, KeyError, planTunnels, type TunnelTraffic, tunnelKey } from '../../overlay/index.ts';
import type { WakeUp } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Config } from '../config/config.ts';
import { readUplinkAddresses } from '../host/host-address.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';
import type { OverlayState } from './overlay-state.ts';

export interface TunnelsSources {
  readonly view: () => HostView;
  readonly state: OverlayState;
  readonly backends: readonly Backend[];
  readonly address: () => string;
  /** When the tunnels of a backend were last found as they should be, monotonic; -1: not yet. */
  readonly appliedAt: (backend: Backend) => number;
  /** The same of the routes; -1: not yet. */
  readonly routedAtMs: () => number;
  /** The same of what stands under the tunnels, which lets their packets pass; -1: not yet. */
  readonly floorAtMs: () => number;
  /** Has components compare what they keep with the kernel now. */
  readonly recheck: () => void;
  /** Woken when the view may have changed. */
  readonly changes: WakeUp;
  /** Called with the networks of this host. */
  readonly onNetworks: (networks: readonly Cidr[]) => void;
}

const INTERVAL_MS = 5_000;
/** While a device is not up yet, or peers do not answer over the wanted tunnel. */
const CHANGING_MS = 250;
/** Most changes are of containers, and many at once. */
const GATHER_MS = 50;
const DETECT_MS = 60_000;
const UNDERLAY_MS = 10_000;
const DEFAULT_MTU = 1_500;
/** A pass that begins this long after a peer is known has made its entries. */
const APPLY_MS = 300;

/** Keeps the tunnels that are needed, and publishes what other hosts need to know of this one. */
export function tunnelsPart(
  { clock, run, log }: AgentDependencies,
  sources: TunnelsSources,
  { publicAddress }: Pick<Config['host'], 'publicAddress'>,
): Part {
  const { view, state, backends, address, appliedAt, routedAtMs, floorAtMs, recheck, changes, onNetworks } = sources;
  const backendOf = (id: TunnelId) => backends.find(({ name, slot }) => isSameTunnel(id, { backend: name, slot }));
  let detectedAtMs = -DETECT_MS;
  let underlayAtMs = -UNDERLAY_MS;
  /** Since when every host should be reached over the wanted tunnel; null: they are not. */
  let reached: { readonly generation: number; readonly sinceMs: number } | null = null;
  /** When each peer's end was seen first, by tunnel, host and key. */
  let seenAtMs: ReadonlyMap<string, number> = new Map();
  const answered = new Set<string>();
  const keptSinceMs = new Map<string, number>();
  let isChanging = false;

  const detect = async (signal: AbortSignal): Promise<void> => {
    if (clock.monotonic() - detectedAtMs < DETECT_MS) return;
    const found = await Promise.all(backends.filter(({ slot }) => slot === 0).map((backend) => backend.detect(signal)));
    detectedAtMs = clock.monotonic();
    // Once in use, a backend is left only if the driver fails: a busy host may not answer in time.
    const isUsed = (name: BackendName): boolean => state.kept().some(({ backend }) => backend === name);
    const earlierOf = ({ backend }: BackendAbility) =>
      state.own().abilities.find((earlier) => earlier.backend === backend && earlier.means !== null);
    const known = found.map((one) => (one.means === null && isUsed(one.backend) ? (earlierOf(one) ?? one) : one));
    const abilities = known.toSorted((a, b) => (a.backend < b.backend ? -1 : 1));
    for (const ability of changed(state.own().abilities, abilities)) log.info(ability, 'overlay backend checked');
    state.publish({ ...state.own(), abilities });
  };

  const readUnderlay = async (signal: AbortSignal): Promise<void> => {
    if (clock.monotonic() - underlayAtMs < UNDERLAY_MS) return;
    const uplinks = await readUplinkAddresses(run);
    underlayAtMs = clock.monotonic();
    onNetworks(uplinks.map(({ network }) => network));
    const own = address();
    const onUplink = uplinks.find((uplink) => uplink.address === own);
    // A configured address may be that of a tunnel.
    const { links } = onUplink ? { links: [] } : await readIp(run, [`address show to ${own}`], { signal });
    const addresses = [...new Set([own, ...uplinks.map((uplink) => uplink.address)])];
    const underlayMtu = onUplink?.mtu ?? links[0]?.mtu ?? DEFAULT_MTU;
    state.publish({ ...state.own(), addresses, publicAddress, underlayMtu });
  };

  const endOf = async (id: TunnelId, choice: OverlayChoice, before: TunnelEnd | null): Promise<TunnelEnd | null> => {
    const backend = backendOf(id);
    if (!backend) return null;
    const { device, port, name: title, slot } = backend;
    const isUp = device === null || before !== null || (await readDevice(run, device)) !== null;
    // Peers must not send before their packets are let in.
    const isOpen = before !== null || floorAtMs() > (keptSinceMs.get(tunnelKey(id)) ?? clock.monotonic()) + APPLY_MS;
    if (!isUp || !isOpen) return null;
    // The driver names a key that cannot be used, and the device keeps the earlier one.
    const publicKey = await backend.publicKey().catch(onlyKeyErrors);
    if (publicKey instanceof KeyError) return before;
    const generation = before?.publicKey === publicKey ? before.generation : choice.generation;
    return { backend: title, slot, generation: publicKey === null ? 0 : generation, port, publicKey };
  };

  /**
   * A new key for a tunnel that comes up, and for one that serves a new generation in place. Returns what keeps the host from making it: such
   * a tunnel does not come up.
   */
  const renewKey = async (id: TunnelId, choice: OverlayChoice): Promise<Problem | null> => {
    const end = state.own().ends.find((one) => isSameTunnel(one, id));
    const isNew = !state.kept().some((one) => isSameTunnel(one, id));
    const isOutdated = end !== undefined && id.backend === 'ipsec' && end.generation < choice.generation;
    const error = isNew || isOutdated ? await backendOf(id)?.renewKey().catch(onlyKeyErrors) : null;
    return error?.problem ?? null;
  };

  /**
   * Asks the driver of the wanted tunnel while a peer does not answer over it. A peer that has answered once stays: if its tunnel fails
   * later, the driver repairs it.
   */
  const findAnswers = async (newest: HostView, choice: OverlayChoice): Promise<void> => {
    const wanted = wantedTunnel(choice);
    const backend = wanted && backendOf(wanted);
    if (!wanted || !backend) return;
    const peers = [...state.accepted(newest).peers.values()];
    const reachable = peers.filter(({ ends }) => ends.some((end) => isSameTunnel(end, wanted)));
    const now = clock.monotonic();
    const keys = reachable.map(({ host, ends }) => {
      const publicKey = ends.find((end) => isSameTunnel(end, wanted))?.publicKey ?? '';
      return { id: host.id, key: `${tunnelKey(wanted)} ${host.id} ${publicKey}` };
    });
    const known = new Map(keys.map(({ key }) => [key, seenAtMs.get(key) ?? now]));
    seenAtMs = known;
    const missing = keys.filter(({ key }) => !answered.has(key));
    isChanging = missing.length > 0;
    if (isChanging) {
      const traffic = isEncrypted(wanted.backend)
        ? await backend.traffic().catch(() => new Map<string, TunnelTraffic>())
        : null;
      const appliedAtMs = appliedAt(backend);
      for (const { id, key } of missing) {
        const since = known.get(key) ?? now;
        const isProgrammed = backend.device === null || appliedAtMs > since + APPLY_MS;
        const isDone = traffic ? (traffic.get(id)?.keyAgeSeconds ?? null) !== null : isProgrammed;
        if (isDone) answered.add(key);
      }
    }
    for (const key of answered) if (!known.has(key)) answered.delete(key);
    const ids = new Set(keys.filter(({ key }) => answered.has(key)).map(({ id }) => id));
    state.answer(new Map([[tunnelKey(wanted), ids]]));
  };

  const followChoice = async (newest: HostView, choice: OverlayChoice): Promise<readonly Problem[]> => {
    const before = state.own();
    isChanging = false;
    const others = [...state.accepted(newest).peers.values()].map(({ overlay }) => overlay);
    const wanted = wantedTunnel(choice);
    const possible = planTunnels(choice, before, others).filter((id) => backendOf(id) !== undefined);
    const isPlanned = wanted !== null && possible.some((id) => isSameTunnel(id, wanted));
    const problem = isPlanned ? await renewKey(wanted, choice) : null;
    const isKept = (id: TunnelId): boolean => state.kept().some((one) => isSameTunnel(one, id));
    const planned = problem === null ? possible : possible.filter(isKept);
    state.keep(planned);
    for (const id of planned) if (!keptSinceMs.has(tunnelKey(id))) keptSinceMs.set(tunnelKey(id), clock.monotonic());
    for (const key of keptSinceMs.keys()) if (!planned.some((id) => tunnelKey(id) === key)) keptSinceMs.delete(key);
    const ends: TunnelEnd[] = [];
    for (const id of planned) {
      const end = await endOf(id, choice, before.ends.find((one) => isSameTunnel(one, id)) ?? null);
      if (end) ends.push(end);
    }
    await findAnswers(newest, choice);
    const isReached = isEverywhere(choice, state, view());
    if (!isReached) reached = null;
    else if (reached?.generation !== choice.generation)
      reached = { generation: choice.generation, sinceMs: clock.monotonic() };
    const isRouted = reached !== null && routedAtMs() > reached.sinceMs + APPLY_MS;
    isChanging ||= ends.length < planned.length || (reached !== null && !isRouted);
    state.publish({ ...state.own(), ends, uses: isRouted ? choice.generation : before.uses });
    return problem === null ? [] : [problem];
  };

  return async (signal, report) => {
    while (!signal.aborted) {
      const newest = view();
      await readUnderlay(signal);
      await detect(signal);
      const { overlay: choice } = newest.snapshot;
      const problems = choice === null ? [] : await followChoice(newest, choice);
      report.done();
      report.problems([...problems, ...state.accepted(newest).problems]);
      // The next step waits for what components apply.
      if (isChanging) recheck();
      await changes.wait(isChanging ? CHANGING_MS : INTERVAL_MS, signal);
      await changes.pause(GATHER_MS, signal);
    }
  };
}

function onlyKeyErrors(error: unknown): KeyError {
  if (error instanceof KeyError) return error;
  throw error;
}

/** Whether this host sends over the wanted tunnel to every host that can use it. */
function isEverywhere(choice: OverlayChoice, state: OverlayState, view: HostView): boolean {
  const wanted = wantedTunnel(choice);
  const plan = state.plan(view);
  if (wanted === null || plan === null || !state.own().ends.some((end) => isSameTunnel(end, wanted))) return false;
  return [...state.accepted(view).peers.values()].every(
    ({ host, overlay }) => !can({ overlay }, wanted.backend) || isSameTunnel(plan.used.get(host.id) ?? null, wanted),
  );
}

function changed(before: HostOverlay['abilities'], after: readonly BackendAbility[]): readonly BackendAbility[] {
  return after.filter(({ backend, means }) => before.find((one) => one.backend === backend)?.means !== means);
}
