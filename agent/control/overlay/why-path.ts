import { z } from 'zod';
import {
  factOf,
  formatProblem,
  type HostOverlay,
  OVERLAY_FACT,
  ok,
  type Problem,
  type Result,
} from '../../../model/index.ts';
import { type HostView, READINESS, standingOf } from '../../../view/index.ts';
import { createDirections, type Direction } from './directions.ts';
import { hostName } from './host-name.ts';
import { addressBetween, findEnd, type PathEnd } from './path-end.ts';
import { pathProblem, tunnelText } from './path-problems.ts';
import type { FoundRoute, ReadRoute } from './read-route.ts';
import type { PeerTunnel, TunnelSources } from './tunnel-sources.ts';

export interface PathRequest {
  /** Containers, hosts, addresses or DNS names. */
  readonly from: string;
  readonly to: string;
  readonly port: number | null;
}

export const pathRequestSchema: z.ZodType<PathRequest> = z.strictObject({
  from: z.string().min(1).max(1_000),
  to: z.string().min(1).max(1_000),
  port: z.int().min(1).max(65_535).nullable(),
});

/** One thing on the way, in the order of the packets. */
export interface PathStep {
  readonly what: 'from' | 'to' | 'address' | 'route' | 'tunnel' | 'there' | 'back' | 'port';
  readonly state: 'ok' | 'stops' | 'unknown';
  readonly text: string;
}

/** The answer of `drover why path`. */
export interface PathExplanation {
  readonly asked: PathRequest;
  readonly host: string;
  readonly steps: readonly PathStep[];
  /** The first thing that stops the packets, and how to fix it; null: nothing that Drover knows of. */
  readonly stop: Problem | null;
  readonly notes: readonly string[];
}

/** What the explanation reads besides the view. */
export interface PathSources {
  readonly tunnels: TunnelSources;
  readonly readRoute: ReadRoute;
}

/** Stops at the first thing that does not work. */
export async function explainPath(
  view: HostView,
  asked: PathRequest,
  sources: PathSources,
): Promise<Result<PathExplanation>> {
  const from = findEnd(view, asked.from, null);
  if (!from.ok) return from;
  const to = findEnd(view, asked.to, from.value);
  if (!to.ok) return to;
  const way = createWay();
  await follow(view, { from: from.value, to: to.value, port: asked.port }, sources, way);
  return ok({ asked, host: hostName(view, view.hostId), steps: way.steps, stop: way.stop(), notes: way.notes });
}

interface Ends {
  readonly from: PathEnd;
  readonly to: PathEnd;
  readonly port: number | null;
}

/** Collects the steps. */
interface Way {
  readonly steps: PathStep[];
  readonly notes: string[];
  readonly stop: () => Problem | null;
  step(what: PathStep['what'], text: string, state?: 'ok' | 'unknown'): void;
  /** The last step. */
  stopAt(what: PathStep['what'], problem: Problem): void;
}

function createWay(): Way {
  let stop: Problem | null = null;
  const steps: PathStep[] = [];
  return {
    steps,
    notes: [],
    stop: () => stop,
    step: (what, text, state = 'ok') => void steps.push({ what, text, state }),
    stopAt: (what, problem) => {
      stop = problem;
      steps.push({ what, state: 'stops', text: formatProblem(problem) });
    },
  };
}

async function follow(view: HostView, ends: Ends, sources: PathSources, way: Way): Promise<void> {
  const { from, to, port } = ends;
  for (const [what, end] of [
    ['from', from],
    ['to', to],
  ] as const) {
    const fault = endFault(end);
    if (fault) return way.stopAt(what, fault);
    way.step(what, endText(end));
  }
  const found = addressBetween(view, from, to);
  if (!found.ok) return way.stopAt('address', found.problem);
  const { address, via, network } = found.value;
  way.step('address', `${address}${addressText(via, network)}`);
  const crosses = from.hostId !== to.hostId;
  if (crosses && via === 'managed' && !(await followTunnel(view, ends, address, sources, way))) return;
  if (!crosses) way.step('route', `both are on ${from.host}: the packets do not leave it`);
  else if (via !== 'managed') way.step('route', 'it is an address of the host: the packets take no tunnel', 'unknown');
  if (port !== null) portStep({ ...ends, port }, address, way);
}

/** Whether the packets pass. */
async function followTunnel(
  view: HostView,
  { from, to }: Ends,
  address: string,
  { tunnels, readRoute }: PathSources,
  way: Way,
): Promise<boolean> {
  const here = view.hostId;
  const other = from.hostId === here ? to.hostId : from.hostId;
  const isOwn = from.hostId === here || to.hostId === here;
  const tunnel = isOwn ? (tunnels.tunnels()?.find(({ hostId }) => hostId === other) ?? null) : null;
  if (isOwn && (tunnel === null || tunnel.backend === null)) {
    way.stopAt('tunnel', noTunnel(view, other, tunnel));
    return false;
  }
  if (from.hostId === here && tunnel) {
    const source = from.container?.addresses.find(({ ipv4 }) => ipv4 !== null)?.ipv4 ?? null;
    const route = await readRoute(address, source);
    const fault = routeFault(route, tunnel, address);
    if (fault) {
      way.stopAt('route', fault);
      return false;
    }
    if (route.ok) way.step('route', `${address} ${route.text}`);
  }
  if (tunnel) way.step('tunnel', tunnelText(tunnel));
  else way.notes.push(`neither end is on this host: run it on ${from.host} for its route and tunnel`);
  const direction = createDirections(view, tunnels.paths());
  const [there, back] = [direction(from.hostId, to.hostId), direction(to.hostId, from.hostId)];
  if (there === 'lost' || back === 'lost') {
    const link = tunnel ?? { backend: null, address: null, port: null };
    const lost = { outbound: there, inbound: back, probePort: tunnels.probePort };
    way.stopAt(there === 'lost' ? 'there' : 'back', pathProblem({ from: from.host, to: to.host }, link, lost));
    return false;
  }
  const path = tunnels.paths().get(other);
  const measured =
    isOwn && path && path.rttMs !== null
      ? `, round trip ${path.rttMs.toFixed(1)} ms, MTU ${path.mtu ?? 'not known'}`
      : '';
  way.step('there', `${from.host} -> ${to.host}: ${DIRECTION[there]}${measured}`, there === 'ok' ? 'ok' : 'unknown');
  way.step('back', `${to.host} -> ${from.host}: ${DIRECTION[back]}`, back === 'ok' ? 'ok' : 'unknown');
  return true;
}

const DIRECTION: Readonly<Record<Direction, string>> = {
  ok: 'probes arrive',
  lost: 'probes are lost',
  unknown: 'not known yet',
};

function endFault({ container, label }: PathEnd): Problem | null {
  if (container === null) return null;
  const { name, state } = container;
  if (state === 'running' || state === 'starting' || state === 'stopping') return null;
  const hint = state === 'paused' ? `run \`docker unpause ${name}\`` : `run \`docker start ${name}\` on its host`;
  return { subject: `container ${label}`, what: `is ${state}`, hint };
}

function endText({ label, container, how }: PathEnd): string {
  const standing = container && standingOf(container, container.health !== null);
  const state =
    container && standing ? `, ${container.state}${standing === 'ready' ? '' : ` (${READINESS[standing].when})`}` : '';
  return `${label}${how === '' ? '' : ` ${how}`}${state}`;
}

function addressText(via: string | null, network: string | null): string {
  if (via === 'host') return ', the address of its host (network_mode: host)';
  if (via === 'published') return ', a published port of its host';
  return network === null ? '' : ` on network ${network}`;
}

function noTunnel(view: HostView, other: string, tunnel: PeerTunnel | null): Problem {
  const host = view.snapshot.hosts.get(other);
  const subject = `host ${host?.host?.name ?? other}`;
  if (tunnel === null) {
    const what = 'has no route from this host: one of them takes no part in the managed network yet';
    return { subject, what, hint: 'see `drover status` on both hosts' };
  }
  const abilities = (host && factOf<HostOverlay>(host, OVERLAY_FACT)?.abilities) ?? [];
  const lacks = abilities.map(({ lacks }) => lacks).filter((text) => text !== '');
  const what = `shares no backend with this host${lacks.length === 0 ? '' : `: ${lacks.join('; ')}`}`;
  return { subject, what, hint: 'install what one of them lacks, or choose another backend: `network.backend`' };
}

function routeFault(route: FoundRoute, { device, backend }: PeerTunnel, address: string): Problem | null {
  const subject = `route to ${address}`;
  if (!route.ok)
    return { subject, what: route.what, hint: 'see `drover status`; Drover makes the route again within seconds' };
  if (device === null || route.device === device) return null;
  return {
    subject,
    what: `leads to ${route.device}, not to ${device} of ${backend}: another route or rule of this host comes first`,
    hint: `find it with \`ip rule\` and \`ip route get ${address}\`, and remove it`,
  };
}

function portStep({ to, port }: Ends & { readonly port: number }, address: string, way: Way): void {
  way.step(
    'port',
    `Drover does not know whether ${to.label} listens on port ${port}; try: nc -vz ${address} ${port}`,
    'unknown',
  );
}
