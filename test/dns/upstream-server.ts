import { Packet, TCPServer, UDPServer } from 'dns2';
import { freePort } from '../support/free-port.ts';
import type { Resources } from '../support/resources.ts';

export interface UpstreamServer {
  /** `address:port`, as serveDns accepts it. */
  readonly at: string;
  /** Received queries in order, lower case, with type: `www.example.com 1 udp`. Without loop probes. */
  readonly asked: readonly string[];
}

/** How a test server replies: the packet to send, or null for no reply. May change while the server runs. */
export type Behaviour = (
  request: Packet,
  reply: Packet,
  transport: 'udp' | 'tcp',
) => Packet | null | Promise<Packet | null>;

/** A small real DNS server (dns2) on a free port of a loopback address, UDP and TCP. */
export async function startUpstream(resources: Resources, behaviour: Behaviour): Promise<UpstreamServer> {
  const asked: string[] = [];
  const serve = (transport: 'udp' | 'tcp') => async (request: Packet, send: (reply: Packet) => unknown) => {
    const [question] = request.questions;
    const name = question?.name.toLowerCase() ?? '';
    if (!name.endsWith('.drover-loop-probe.internal')) asked.push(`${name} ${question?.type} ${transport}`);
    const reply = await behaviour(request, Packet.createResponseFromRequest(request), transport);
    if (reply) send(reply);
  };
  const udp = new UDPServer();
  udp.on('request', serve('udp'));
  const port = await freePort();
  await udp.listen(port, '127.0.0.1');
  resources.add('upstream UDP server', () => new Promise<void>((resolve) => udp.close(resolve)));
  const tcp = new TCPServer();
  tcp.on('request', serve('tcp'));
  await new Promise<void>((resolve) => tcp.listen(port, '127.0.0.1', resolve));
  resources.add('upstream TCP server', () => void tcp.close());
  return { at: `127.0.0.1:${port}`, asked };
}

/** Answers every A question with one address. */
export function answering(address: string): Behaviour {
  return (request, reply) => withAddress(request, reply, address);
}

export function withAddress(request: Packet, reply: Packet, address: string, name = request.questions[0]?.name ?? '') {
  reply.answers.push(Object.assign(new Packet.Resource(name, Packet.TYPE.A, Packet.CLASS.IN, 300), { address }));
  return reply;
}

/** Answers with a response code only. */
export function refusing(rcode: keyof typeof Packet.RCODE): Behaviour {
  return (_, reply) => {
    reply.header.rcode = Packet.RCODE[rcode];
    return reply;
  };
}

export const silent: Behaviour = () => null;
