import { acceptArrivals, formatStep, type IpLink, isUp, type Step, step } from '../../linux/index.ts';
import type { Problem } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import type { DesiredTunnels, OwnEnd } from '../backend/backend.ts';
import type { ObservedWireguard } from './observe.ts';
import type { WireguardPeer, WireguardStatus } from './parse-dump.ts';
import { type PeerEntry, resolvePeers } from './resolve.ts';
import type { WireguardSettings } from './settings.ts';

export type WireguardChange =
  /** Starts wireguard-go, or adopts the one that runs, and waits until it answers. */
  | { readonly kind: 'start program' }
  | { readonly kind: 'remove' }
  | { readonly kind: 'step'; readonly step: Step /** For a step that fails half way. */; readonly undo?: Step }
  | { readonly kind: 'set peers'; readonly peers: readonly PeerSetting[] };

/** What `wg set` gets for one peer. */
export interface PeerSetting {
  readonly publicKey: string;
  /** The endpoint that is desired now; null: the peer is removed. */
  readonly desired: string | null;
  readonly args: readonly string[];
}

/** Below the 30 s after which common firewalls forget UDP. Seconds. */
const KEEPALIVE = 25;
const PEERS_AT_ONCE = 250;
const NO_STATUS: WireguardStatus = { publicKey: null, port: 0, peers: new Map() };

/** The device first, then its key and port, then the peers: new and changed ones before those that go. */
export function planWireguard(
  settings: WireguardSettings,
  { own, peers }: DesiredTunnels,
  observed: ObservedWireguard,
): Plan<WireguardChange> {
  if (own === null) return { changes: existsOurs(observed) ? [{ kind: 'remove' }] : [], problems: [] };
  const obstacle = obstacleTo(settings, observed);
  if (obstacle) return { changes: [], problems: [obstacle] };
  const status = observed.status ?? NO_STATUS;
  const { entries, problems } = resolvePeers(own, peers, {
    publicKey: observed.publicKey ?? status.publicKey,
    peers: status.peers,
  });
  return {
    changes: [
      ...planDevice(settings, observed),
      ...planEnd(settings, own, status, observed),
      ...planPeers(entries, status, observed),
    ],
    problems: [observed.keyProblem, observed.programProblem, ...problems].filter((one) => one !== null),
  };
}

/** One line; of many peers the first ones. */
export function formatChange({ device, wg }: WireguardSettings, change: WireguardChange): string {
  switch (change.kind) {
    case 'start program':
      return `start wireguard-go for ${device}`;
    case 'remove':
      return `remove ${device}`;
    case 'step':
      return formatStep(change.step);
    case 'set peers': {
      const [first, ...others] = change.peers;
      const line = [wg, 'set', device, ...(first?.args ?? [])].join(' ');
      return others.length === 0 ? line : `${line} (and ${others.length} more peers, last ${others.at(-1)?.publicKey})`;
    }
  }
}

export function existsOurs({ link, status, isKept }: ObservedWireguard): boolean {
  return isKept || (link !== null && isOurs(link, status));
}

/** A device of the kernel carries its kind; a device of wireguard-go answers. */
function isOurs({ linkinfo }: IpLink, status: WireguardStatus | null): boolean {
  return linkinfo?.info_kind === 'wireguard' || (linkinfo?.info_kind === 'tun' && status !== null);
}

function planDevice({ device }: WireguardSettings, observed: ObservedWireguard): WireguardChange[] {
  const { link, ability, status, isKept } = observed;
  // A module that is loaded while wireguard-go is kept running is used after the next removal.
  const makesDevice = !isKept && ability?.means === 'kernel';
  const byKernel = link === null ? makesDevice : link.linkinfo?.info_kind === 'wireguard';
  if (!byKernel) return status !== null ? [] : [{ kind: 'start program' }];
  return link === null ? [ofStep(step(`ip link add dev ${device} type wireguard`))] : [];
}

function planEnd(
  { device, port, wg, keyFile }: WireguardSettings,
  own: OwnEnd,
  status: WireguardStatus,
  { publicKey, link, netconf }: ObservedWireguard,
): WireguardChange[] {
  const set = (what: string, value: string): Step => ({ file: wg, args: ['set', device, what, value] });
  const undo = status.port === 0 ? {} : { undo: set('listen-port', String(status.port)) };
  const isReady = link !== null && link.mtu === own.mtu && isUp(link);
  return [
    ...(publicKey !== null && publicKey !== status.publicKey ? [ofStep(set('private-key', keyFile))] : []),
    ...(status.port === port ? [] : [{ ...ofStep(set('listen-port', String(port))), ...undo }]),
    ...acceptArrivals(device, own.subnet, { link, netconf }).map(ofStep),
    ...(isReady ? [] : [ofStep(step(`ip link set dev ${device} mtu ${own.mtu} up`))]),
  ];
}

function planPeers(
  entries: readonly PeerEntry[],
  status: WireguardStatus,
  { memory }: Pick<ObservedWireguard, 'memory'>,
): WireguardChange[] {
  const wanted = new Set(entries.map(({ publicKey }) => publicKey));
  const added = entries.flatMap((entry): PeerSetting[] => {
    const { publicKey, endpoint } = entry;
    const args = settingsOf(entry, status.peers.get(publicKey), memory);
    return args.length === 0 ? [] : [{ publicKey, desired: endpoint, args: ['peer', publicKey, ...args] }];
  });
  const gone = [...status.peers.keys()].filter((publicKey) => !wanted.has(publicKey));
  const removed = gone.map((publicKey) => ({ publicKey, desired: null, args: ['peer', publicKey, 'remove'] }));
  return [...inParts(added), ...inParts(removed)];
}

/** What differs, as `wg set` takes it. */
function settingsOf(
  entry: PeerEntry,
  standing: WireguardPeer | undefined,
  memory: ObservedWireguard['memory'],
): readonly string[] {
  const endpoint = endpointToSet(entry, standing, memory);
  const hasSubnets = standing?.allowedIps.join() === entry.allowedIps.join();
  return [
    ...(endpoint === null ? [] : ['endpoint', endpoint]),
    ...(standing?.keepalive === KEEPALIVE ? [] : ['persistent-keepalive', String(KEEPALIVE)]),
    ...(hasSubnets ? [] : ['allowed-ips', entry.allowedIps.join(',')]),
  ];
}

/**
 * Null: stays as it is. WireGuard follows a peer whose packets come from another address, as of a peer behind NAT, and that address is not
 * reset unless the peer is silent.
 */
function endpointToSet(
  { publicKey, endpoint, isSilent }: PeerEntry,
  standing: WireguardPeer | undefined,
  memory: ObservedWireguard['memory'],
): string | null {
  const known = memory.get(publicKey);
  const isSame = known?.desired === endpoint;
  // Of a device that was made again: the other side may still be where it was heard.
  if (standing === undefined) return isSame && !isSilent ? (known.seen ?? endpoint) : endpoint;
  const isMoved = known !== undefined && !isSame;
  return standing.endpoint !== endpoint && (isMoved || isSilent || standing.endpoint === null) ? endpoint : null;
}

function inParts(peers: readonly PeerSetting[]): WireguardChange[] {
  return Array.from({ length: Math.ceil(peers.length / PEERS_AT_ONCE) }, (_, part) => ({
    kind: 'set peers' as const,
    peers: peers.slice(part * PEERS_AT_ONCE, (part + 1) * PEERS_AT_ONCE),
  }));
}

function ofStep(one: Step): WireguardChange & { readonly kind: 'step' } {
  return { kind: 'step', step: one };
}

/** Why our device cannot be made. */
function obstacleTo(
  { device }: WireguardSettings,
  { link, status, isKept, ability }: ObservedWireguard,
): Problem | null {
  const subject = `device ${device}`;
  if (link === null) {
    if (ability === null || ability.means !== null) return null;
    return { subject, what: 'WireGuard is not possible on this host', hint: ability.lacks };
  }
  const kind = link.linkinfo?.info_kind ?? 'device of an unknown kind';
  // wireguard-go makes the device before it answers.
  if (isOurs(link, status) || (kind === 'tun' && isKept)) return null;
  const what = `exists and was not made by Drover: it is a ${kind} that is not WireGuard`;
  return { subject, what, hint: `remove it (\`ip link delete ${device}\`), or rename it` };
}
