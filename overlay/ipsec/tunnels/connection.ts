import { createHash } from 'node:crypto';
import { type Cidr, canonicalAddress, compareText, type Problem, parseIpv4Cidr } from '../../../model/index.ts';
import type { OwnEnd, TunnelPeer } from '../../backend/backend.ts';
import { credentialFault, SHARED_SECRET } from '../charon/credential.ts';
import { IF_ID, type IpsecMeans, type IpsecSettings } from '../charon/settings.ts';
import type { ViciMessage } from '../vici/message.ts';

/** One peer as charon gets it (`load-conn`). */
export interface Connection {
  readonly hostId: string;
  /** Name of its CHILD_SA. It differs whenever anything in `settings` differs, so charon's list of names says what it has loaded. */
  readonly child: string;
  readonly settings: ViciMessage;
}

export interface ResolvedPeers {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly problems: readonly Problem[];
}

/** What precedes the 32 bytes of a public Ed25519 key in its DER form [RFC 8410 §4]. */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;

const NAME_PREFIX = 'drover-';

export function connectionName(hostId: string): string {
  return `${NAME_PREFIX}${hostId}`;
}

/** Null: not one of ours. */
export function hostIdOf(connection: string): string | null {
  return connection.startsWith(NAME_PREFIX) ? connection.slice(NAME_PREFIX.length) : null;
}

/** The connections of all peers. A peer that cannot be reached this way is a problem, and touches no other one. */
export function resolvePeers(
  settings: Pick<IpsecSettings, 'port' | 'ikeRekeySeconds' | 'childRekeySeconds' | 'dpdSeconds'>,
  means: IpsecMeans,
  own: OwnEnd,
  ownKey: string,
  peers: readonly TunnelPeer[],
): ResolvedPeers {
  const claimed = overlapping(own, peers);
  const connections = new Map<string, Connection>();
  const problems: Problem[] = [];
  const { hostId, subnet } = own;
  const host = JSON.stringify([settings, means, hostId, subnet, ownKey]);
  for (const peer of peers) {
    const fault = faultOf(peer, ownKey) ?? claimed.get(peer.hostId);
    if (fault) problems.push(fault);
    else {
      const connection = knownConnection(peer, host) ?? connectionOf(settings, means, own, ownKey, peer);
      made.set(peer, { host, connection });
      connections.set(peer.hostId, connection);
    }
  }
  return { connections, problems };
}

/** While one peer changes, the others keep their connections: their hashes take long. `host` is all that they need of this one. */
const made = new WeakMap<TunnelPeer, { readonly host: string; readonly connection: Connection }>();

function knownConnection(peer: TunnelPeer, host: string): Connection | null {
  const known = made.get(peer);
  return known?.host === host ? known.connection : null;
}

type Lifetimes = Parameters<typeof resolvePeers>[0];

/**
 * One CHILD_SA for all subnets of a pair of hosts. AES-256-GCM is fast on every processor of the last ten years and needs no second key for
 * integrity; Curve25519 is the fastest key exchange that all strongSwan packages have. One proposal only: there is nothing to downgrade to.
 * Drover itself starts tunnels, so charon tries once (`keyingtries`) and does nothing when one ends.
 */
function connectionOf(
  { port, ikeRekeySeconds, childRekeySeconds, dpdSeconds }: Lifetimes,
  means: IpsecMeans,
  own: OwnEnd,
  ownKey: string,
  peer: TunnelPeer,
): Connection {
  const child: ViciMessage = {
    local_ts: [own.subnet],
    remote_ts: peer.subnets.toSorted(compareText),
    esp_proposals: ['aes256gcm16-curve25519'],
    mode: 'tunnel',
    rekey_time: `${childRekeySeconds}s`,
    dpd_action: 'clear',
    close_action: 'none',
    ...(means === 'kernel'
      ? { start_action: 'trap', if_id_in: String(IF_ID), if_id_out: String(IF_ID), inactivity: '1h' }
      : { start_action: 'none' }),
  };
  const connection: ViciMessage = {
    version: '2',
    // A peer behind NAT comes from another address than the one that it has published; its key says who it is.
    remote_addrs: [peer.address, '0.0.0.0/0', '::/0'],
    local_port: String(port),
    remote_port: String(peer.port ?? port),
    proposals: ['aes256gcm16-prfsha256-curve25519'],
    encap: 'yes',
    // MOBIKE would offer addresses of bridges, and of the tunnel itself, as ways to this host.
    mobike: 'no',
    unique: 'replace',
    keyingtries: '1',
    dpd_delay: `${dpdSeconds}s`,
    rekey_time: `${ikeRekeySeconds}s`,
    reauth_time: '0s',
    local: { id: identity(own.hostId), ...proof(ownKey) },
    remote: { id: identity(peer.hostId), ...proof(peer.publicKey ?? '') },
  };
  const name = createHash('sha256')
    .update(JSON.stringify([connection, child]))
    .digest('hex')
    .slice(0, 16);
  return { hostId: peer.hostId, child: name, settings: { ...connection, children: { [name]: child } } };
}

/** Of type FQDN, however the host id looks. */
function identity(hostId: string): string {
  return `fqdn:${hostId}.drover`;
}

function proof(publicKey: string): ViciMessage {
  if (publicKey === SHARED_SECRET) return { auth: 'psk' };
  return { auth: 'pubkey', pubkeys: [`-----BEGIN PUBLIC KEY-----\n${publicKey}\n-----END PUBLIC KEY-----\n`] };
}

function faultOf({ hostId, address, publicKey, subnets }: TunnelPeer, ownKey: string): Problem | null {
  const subject = `IPsec to host ${hostId}`;
  const wrong = subnets.find((subnet) => parseIpv4Cidr(subnet) === null);
  if (subnets.length === 0 || wrong !== undefined) {
    const hint = `run \`drover status\` on host ${hostId}, and fix what it says about the managed network`;
    return { subject, what: `its subnet ${JSON.stringify(wrong ?? '')} is not an IPv4 range`, hint };
  }
  if (canonicalAddress(address) === null) {
    const hint = `set \`host.address\` on host ${hostId} to an address that the other hosts can reach`;
    return { subject, what: `its address ${JSON.stringify(address)} is not an IP address`, hint };
  }
  const fault = credentialFault(ownKey, publicKey);
  if (fault !== null) return { subject, ...fault };
  if (publicKey === SHARED_SECRET || isPublicKey(publicKey)) return null;
  const hint = `upgrade Drover on host ${hostId}, then renew the keys: \`drover overlay rotate\``;
  return { subject, what: 'its public key is not an Ed25519 key', hint };
}

function isPublicKey(text: string | null): boolean {
  const bytes = Buffer.from(text ?? '', 'base64');
  return (
    bytes.length === ED25519_SPKI.length + KEY_BYTES &&
    bytes.subarray(0, ED25519_SPKI.length).equals(ED25519_SPKI) &&
    bytes.toString('base64') === text
  );
}

interface Claim {
  /** Null: this host. */
  readonly hostId: string | null;
  readonly cidr: Cidr;
}

/** The peers whose subnets overlap those of this host, or of a peer with a lower id. */
function overlapping({ subnet }: OwnEnd, peers: readonly TunnelPeer[]): ReadonlyMap<string, Problem> {
  const own: Claim[] = [subnet].flatMap((text) => claim(null, text));
  const claims = [...own, ...peers.flatMap(({ hostId, subnets }) => subnets.flatMap((text) => claim(hostId, text)))];
  const faults = new Map<string, Problem>();
  let holder: Claim | null = null;
  for (const next of claims.toSorted((a, b) => compareNumbers(a.cidr.first, b.cidr.first))) {
    if (holder !== null && holder.hostId !== next.hostId && next.cidr.first <= lastOf(holder.cidr)) {
      const [kept, refused]: readonly [Claim, Claim] = precedes(holder, next) ? [holder, next] : [next, holder];
      if (refused.hostId !== null) faults.set(refused.hostId, claimedTwice(refused.hostId, refused, kept));
      holder = kept;
    } else if (holder === null || lastOf(next.cidr) > lastOf(holder.cidr)) holder = next;
  }
  return faults;
}

function claim(hostId: string | null, text: string): Claim[] {
  const cidr = parseIpv4Cidr(text);
  return cidr === null ? [] : [{ hostId, cidr }];
}

function precedes(a: Claim, b: Claim): boolean {
  return a.hostId === null || (b.hostId !== null && a.hostId < b.hostId);
}

function lastOf({ first, prefixLength }: Cidr): bigint {
  return first + (1n << BigInt(32 - prefixLength)) - 1n;
}

function compareNumbers(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function claimedTwice(hostId: string, { cidr }: Claim, kept: Claim): Problem {
  const owner = kept.hostId === null ? 'this host' : `host ${kept.hostId}`;
  return {
    subject: `IPsec to host ${hostId}`,
    what: `its subnet ${cidr.text} overlaps ${kept.cidr.text} of ${owner}`,
    hint: 'compare `drover status` on both hosts: one may be a copy of the other, or has returned with an old subnet',
  };
}
