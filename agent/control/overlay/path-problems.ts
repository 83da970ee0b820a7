import type { Problem } from '../../../model/index.ts';
import type { HostView } from '../../../view/index.ts';
import { createDirections, type Direction } from './directions.ts';
import { hostName } from './host-name.ts';
import type { PeerTunnel, TunnelSources } from './tunnel-sources.ts';

const MOST = 10;

/**
 * The paths of this host that do not work, with the direction that is lost. `known` are the hosts that another problem names already: an
 * agent that does not answer probes at all.
 */
export function pathProblems(
  view: HostView,
  sources: Pick<TunnelSources, 'tunnels' | 'paths' | 'probeProblem' | 'probePort'>,
  known: ReadonlySet<string> = new Set(),
): readonly Problem[] {
  const own = sources.probeProblem();
  if (own !== null) return [own];
  const paths = sources.paths();
  const direction = createDirections(view, paths);
  const failing = (sources.tunnels() ?? []).filter(({ hostId, backend }) => {
    const state = paths.get(hostId)?.state;
    return backend !== null && (state === 'silent' || state === 'unheard') && !known.has(hostId);
  });
  const problems = failing.slice(0, MOST).map((tunnel) => {
    const outbound = direction(view.hostId, tunnel.hostId);
    const inbound = direction(tunnel.hostId, view.hostId);
    return pathProblem({ from: hostName(view, view.hostId), to: hostName(view, tunnel.hostId) }, tunnel, {
      outbound,
      inbound,
      probePort: sources.probePort,
    });
  });
  const more = failing.length - MOST;
  return more > 0 ? [...problems, moreProblem(more)] : problems;
}

interface Lost {
  readonly outbound: Direction;
  readonly inbound: Direction;
  readonly probePort: number;
}

type TunnelPlace = Pick<PeerTunnel, 'backend' | 'address' | 'port'>;

/** The problem of the path between this host (`from`) and another one. At least one direction is lost. */
export function pathProblem(
  { from, to }: { readonly from: string; readonly to: string },
  tunnel: TunnelPlace,
  { outbound, inbound, probePort }: Lost,
): Problem {
  const isBoth = outbound === 'lost' && inbound === 'lost';
  const [sender, receiver] = inbound === 'lost' && !isBoth ? [to, from] : [from, to];
  const other = { ok: ', packets in the other direction arrive', unknown: '', lost: '' };
  const lost = isBoth
    ? 'no packets arrive in either direction'
    : `no packets arrive${other[inbound === 'lost' ? outbound : inbound]}`;
  return {
    subject: `path ${isBoth ? 'between' : 'from'} ${sender} ${isBoth ? 'and' : 'to'} ${receiver}`,
    what: `${lost} (${tunnelText(tunnel)})`,
    hint: hintOf(tunnel, isBoth ? `between ${from} and ${to}` : `from ${sender} to ${receiver}`, probePort),
  };
}

/** `wireguard to 192.0.2.2, UDP port 51820`. */
export function tunnelText({ backend, address, port }: TunnelPlace): string {
  const where = address === null ? '' : ` to ${address}`;
  return `${backend ?? 'no backend in common'}${where}${port === null ? '' : `, UDP port ${port}`}`;
}

function hintOf({ backend, port }: TunnelPlace, way: string, probePort: number): string {
  const probes = `UDP port ${probePort} between the subnets of the managed network`;
  if (backend === 'direct')
    return `make the routers between the hosts carry the subnets of the managed network ${way}, and allow ${probes}`;
  const ports = backend === 'ipsec' ? 'UDP ports 500 and 4500' : `UDP port ${port ?? 'of the tunnel'}`;
  return `allow ${ports} ${way} in the firewalls of both hosts and in between, and ${probes}`;
}

function moreProblem(count: number): Problem {
  return {
    subject: 'paths to other hosts',
    what: `${count} more do not work`,
    hint: 'list all with `drover overlay`',
  };
}
