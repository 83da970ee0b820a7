import { Packet, TCPServer, UDPServer } from 'dns2';
import { freePort } from '../support/free-port.ts';
import type { Resources } from '../support/resources.ts';

export interface UpstreamServer {
  /** `address:port`, as serveDns takes it. */
  readonly at: string;
  /** Names asked for, lower case, in order, with the type: `www.example.com 1 udp`. Probes for loops are not among them. */
  readonly asked: readonly string[];
}

/** How a test server replies: the packet to send, or null for silence. Change it while it runs. */
export type Behaviour = (
  request: Packet,
  reply: Packet,
  transport: 'udp' | 'tcp',
) => Packet | null | Promise<Packet | null>;

/** A real small DNS server (dns2's) on a free port of a loopback address, UDP and TCP. */
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

/** Answers any A question with one address. */
export function answering(address: string): Behaviour {
  return (request, reply) => withAddress(request, reply, address);
}

export function withAddress(request: Packet, reply: Packet, address: string, name = request.questions[0]?.name ?? '') {
  reply.answers.push(Object.assign(new Packet.Resource(name, Packet.TYPE.A, Packet.CLASS.IN, 300), { address }));
  return reply;
}

/** Answers with a code and nothing else. */
export function refusing(rcode: keyof typeof Packet.RCODE): Behaviour {
  return (_, reply) => {
    reply.header.rcode = Packet.RCODE[rcode];
    return reply;
  };
}

export const silent: Behaviour = () => null;
