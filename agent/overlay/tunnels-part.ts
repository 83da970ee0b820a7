import { readDevice, readIp } from '../../linux/index.ts';
import {
  type BackendAbility,
  type Cidr,
  type HostOverlay,
  isSameTunnel,
  type OverlayChoice,
  type TunnelEnd,
  type TunnelId,
  wantedTunnel,
} from '../../model/index.ts';
import { type Backend, can, planTunnels } from '../../overlay/index.ts';
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
  /** Woken when the view may have changed. */
  readonly changes: WakeUp;
  /** Called with the networks of this host. */
  readonly onNetworks: (networks: readonly Cidr[]) => void;
}

const INTERVAL_MS = 1_000;
const DETECT_MS = 60_000;
const UNDERLAY_MS = 10_000;
const DEFAULT_MTU = 1_500;

/** Keeps the tunnels that are needed, and publishes what other hosts need to know of this one. */
export function tunnelsPart(
  { clock, run, log }: AgentDependencies,
  sources: TunnelsSources,
  { publicAddress }: Pick<Config['host'], 'publicAddress'>,
): Part {
  const { view, state, backends, address, changes, onNetworks } = sources;
  const backendOf = (id: TunnelId) => backends.find(({ name, slot }) => isSameTunnel(id, { backend: name, slot }));
  let detectedAtMs = -DETECT_MS;
  let underlayAtMs = -UNDERLAY_MS;
  /** The generation by which this host has sent to everyone since the last round. */
  let reached = 0;

  const detect = async (signal: AbortSignal): Promise<void> => {
    if (clock.monotonic() - detectedAtMs < DETECT_MS) return;
    const found = await Promise.all(backends.filter(({ slot }) => slot === 0).map((backend) => backend.detect(signal)));
    detectedAtMs = clock.monotonic();
    const abilities = found.toSorted((a, b) => (a.backend < b.backend ? -1 : 1));
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
    if (!isUp) return null;
    const publicKey = await backend.publicKey();
    const generation = before?.publicKey === publicKey ? before.generation : choice.generation;
    return { backend: title, slot, generation: publicKey === null ? 0 : generation, port, publicKey };
  };

  /** New keys for tunnels that come up, and for those that serve a new generation in place. */
  const renewKeys = async (planned: readonly TunnelId[], choice: OverlayChoice): Promise<void> => {
    const wanted = wantedTunnel(choice);
    for (const id of planned.filter((one) => isSameTunnel(one, wanted))) {
      const end = state.own().ends.find((one) => isSameTunnel(one, id));
      const isNew = !state.kept().some((one) => isSameTunnel(one, id));
      const isOutdated = end !== undefined && id.backend === 'ipsec' && end.generation < choice.generation;
      if (isNew || isOutdated) await backendOf(id)?.renewKey();
    }
  };

  const followChoice = async (newest: HostView, choice: OverlayChoice): Promise<void> => {
    const before = state.own();
    const others = [...state.accepted(newest).peers.values()].map(({ overlay }) => overlay);
    const planned = planTunnels(choice, before, others).filter((id) => backendOf(id) !== undefined);
    await renewKeys(planned, choice);
    state.keep(planned);
    const ends: TunnelEnd[] = [];
    for (const id of planned) {
      const end = await endOf(id, choice, before.ends.find((one) => isSameTunnel(one, id)) ?? null);
      if (end) ends.push(end);
    }
    const usesNow = isEverywhere(choice, state, view()) ? choice.generation : before.uses;
    const uses = usesNow === reached ? usesNow : before.uses;
    reached = usesNow;
    state.publish({ ...state.own(), ends, uses });
  };

  return async (signal, report) => {
    while (!signal.aborted) {
      const newest = view();
      await readUnderlay(signal);
      await detect(signal);
      const { overlay: choice } = newest.snapshot;
      if (choice !== null) await followChoice(newest, choice);
      report.done();
      report.problems(state.accepted(newest).problems);
      await changes.wait(INTERVAL_MS, signal);
    }
  };
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
