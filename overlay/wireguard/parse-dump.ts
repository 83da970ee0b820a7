/** A WireGuard device as `wg show DEVICE dump` prints it, without the private keys. */
export interface WireguardStatus {
  /** Null: the device has no key. */
  readonly publicKey: string | null;
  /** 0: the device could not open its port. */
  readonly port: number;
  /** By public key. */
  readonly peers: ReadonlyMap<string, WireguardPeer>;
}

export interface WireguardPeer {
  /** `ADDRESS:PORT` or `[ADDRESS]:PORT`, where the peer was heard last, or as configured; null: not known. */
  readonly endpoint: string | null;
  /** CIDRs, sorted. */
  readonly allowedIps: readonly string[];
  /** Seconds since the epoch, 0: never. */
  readonly handshakeAt: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Seconds, null: off. */
  readonly keepalive: number | null;
}

/** Pure. */
export function parseDump(text: string): WireguardStatus {
  const [head = '', ...lines] = text.split('\n');
  const [, publicKey = '', port = ''] = head.split('\t');
  return {
    publicKey: value(publicKey),
    port: Number(port),
    peers: new Map(lines.filter(Boolean).map(parsePeer)),
  };
}

function parsePeer(line: string): [string, WireguardPeer] {
  const [publicKey = '', , endpoint = '', allowedIps = '', handshake, received, sent, keepalive = ''] =
    line.split('\t');
  const peer = {
    endpoint: value(endpoint),
    allowedIps: value(allowedIps)?.split(',').toSorted() ?? [],
    handshakeAt: Number(handshake),
    receivedBytes: Number(received),
    sentBytes: Number(sent),
    keepalive: value(keepalive) === null ? null : Number(keepalive),
  };
  return [publicKey, peer];
}

function value(text: string): string | null {
  return text === '(none)' || text === 'off' || text === '' ? null : text;
}
