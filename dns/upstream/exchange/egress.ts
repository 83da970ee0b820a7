import type { Socket as UdpSocket } from 'node:dgram';
import { connect, isIP, Socket, type TcpNetConnectOpts } from 'node:net';
import type { Upstream } from '../../../model/index.ts';
import type { SocketNamespace } from '../../native/namespace-socket.ts';

/** Where the sockets for queries to upstreams are made. */
export interface Egress {
  /** Source address of queries to upstreams of its family; null: chosen by the system. */
  readonly source: string | null;
  /** The network namespace that queries leave from; null: this one. */
  readonly namespace: SocketNamespace | null;
}

/** Binds the socket and connects it to the upstream. Throws if there can be no such socket. */
export function connectUdp(socket: UdpSocket, { address, port }: Upstream, { source, namespace }: Egress): void {
  const own = source !== null && isIP(source) === isIP(address) ? { address: source } : {};
  if (namespace === null) socket.bind({ port: 0, exclusive: true, ...own }, () => socket.connect(port, address));
  else socket.bind({ fd: namespace.socketFor('udp', address) }, () => socket.connect(port, withoutZone(address)));
}

/** A connection that is being made. Throws if there can be no such socket. */
export function connectTcp({ address, port }: Upstream, { source, namespace }: Egress): Socket {
  const own = source !== null && isIP(source) === isIP(address) ? { localAddress: source } : {};
  const to: TcpNetConnectOpts = { host: address, port, noDelay: true };
  if (namespace === null) return connect({ ...to, ...own });
  // Without `manualStart` Node would read from the socket before it is connected.
  const fresh = { fd: namespace.socketFor('tcp', address), manualStart: true };
  return new Socket(fresh).connect({ ...to, host: withoutZone(address) });
}

/** The socket is bound to the device, and names of devices have no meaning in this namespace. */
function withoutZone(address: string): string {
  return address.split('%')[0] ?? address;
}
