import { acceptArrivals, batch, isUp, type Step } from '../../linux/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import type { DesiredTunnels, OwnEnd } from '../backend/backend.ts';
import { DEVICES, IF_ID, type IpsecSettings } from './charon/settings.ts';
import type { ObservedCharon, ObservedIpsec } from './observe.ts';
import { type Connection, resolvePeers } from './tunnels/connection.ts';

export type IpsecChange =
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'load-credential'; readonly id: string }
  | { readonly kind: 'unload-credential'; readonly id: string }
  | { readonly kind: 'load'; readonly connections: readonly Connection[] }
  | { readonly kind: 'unload'; readonly hostIds: readonly string[] }
  | { readonly kind: 'restart' }
  | { readonly kind: 'remove' };

/** Larger packets do not pass through charon. */
const MAX_LIBIPSEC_MTU = 1400;

/** Device and key first, then the peers: new and changed ones before those that go. */
export function planIpsec(
  settings: IpsecSettings,
  { own, peers }: DesiredTunnels,
  { exists, charon, obstacle, failures }: ObservedIpsec,
): Plan<IpsecChange> {
  if (own === null) return { changes: exists ? [{ kind: 'remove' }] : [], problems: [] };
  if (charon === null) return { changes: [], problems: obstacle ? [obstacle] : [] };
  // charon makes its device when it starts, and does not notice that somebody has deleted it.
  if (charon.link === null && charon.means === 'kernel-libipsec')
    return { changes: [{ kind: 'restart' }], problems: [] };
  const { publicKey, id } = charon.credential;
  const { connections, problems } = resolvePeers(settings, charon.means, own, publicKey, peers);
  const changed = [...connections.values()].filter(({ hostId, child }) => charon.connections.get(hostId) !== child);
  const gone = [...charon.connections.keys()].filter((hostId) => !connections.has(hostId));
  return {
    changes: [
      ...planDevice(own, charon).map((one): IpsecChange => ({ kind: 'step', step: one })),
      ...(charon.keys.includes(id) ? [] : [{ kind: 'load-credential', id } as const]),
      ...(changed.length === 0 ? [] : [{ kind: 'load', connections: changed } as const]),
      ...(gone.length === 0 ? [] : [{ kind: 'unload', hostIds: gone } as const]),
      ...charon.keys.filter((one) => one !== id).map((one): IpsecChange => ({ kind: 'unload-credential', id: one })),
    ],
    problems: [...problems, ...failures.filter(({ subject }) => !problems.some((one) => one.subject === subject))],
  };
}

function planDevice(own: OwnEnd, { means, link, netconf }: ObservedCharon): Step[] {
  const device = link?.ifname ?? DEVICES[means];
  const mtu = means === 'kernel' ? own.mtu : Math.min(own.mtu, MAX_LIBIPSEC_MTU);
  const lines = [
    ...(link === null ? [`link add ${device} type xfrm if_id ${IF_ID}`] : []),
    ...(link?.mtu === mtu && isUp(link) ? [] : [`link set ${device} mtu ${mtu} up`]),
  ];
  return [...batch('ip', lines), ...acceptArrivals(device, own.subnet, { link, netconf })];
}

/** One line. */
export function formatChange(change: IpsecChange, formatStep: (step: Step) => string): string {
  switch (change.kind) {
    case 'step':
      return formatStep(change.step);
    case 'load-credential':
      return `load key ${change.id} into charon`;
    case 'unload-credential':
      return `remove key ${change.id} from charon`;
    case 'load':
      return `load into charon: ${change.connections.map(({ hostId, child }) => `${hostId} (${child})`).join(', ')}`;
    case 'unload':
      return `remove from charon, and end its tunnels: ${change.hostIds.join(', ')}`;
    case 'restart':
      return 'start charon again: its device is gone';
    case 'remove':
      return 'stop charon and remove its device';
  }
}
