import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { createFrameReader, frame } from '../../../dns/wire/framing.ts';
import { freePort } from '../../support/free-port.ts';
import type { Resources } from '../../support/resources.ts';

/** A query as received. */
export interface RawQuery {
  readonly bytes: Buffer;
  readonly transport: 'udp' | 'tcp';
  /** Source port. */
  readonly port: number;
  /** Sends from the queried address; over UDP `fromElsewhere` uses another port. */
  send(reply: Buffer, fromElsewhere?: boolean): void;
}

export interface RawUpstream {
  readonly at: string;
  /** Queries in order, without loop probes. */
  readonly queries: readonly RawQuery[];
}

const PROBE = Buffer.from('\x11drover-loop-probe\x08internal\0', 'latin1');

/** An upstream that receives and sends raw bytes, for replies that no proper server sends. */
export async function startRawUpstream(
  resources: Resources,
  answer: (query: RawQuery) => void,
  { tcp = true }: { readonly tcp?: boolean } = {},
): Promise<RawUpstream> {
  const queries: RawQuery[] = [];
  const take = (query: RawQuery): void => {
    // Queries are in mixed case.
    if (query.bytes.toString('latin1').toLowerCase().includes(PROBE.toString('latin1'))) return;
    queries.push(query);
    answer(query);
  };
  const udp = createSocket('udp4');
  const elsewhere = createSocket('udp4');
  udp.on('message', (bytes, { port, address }) => {
    const send = (reply: Buffer, other = false) => (other ? elsewhere : udp).send(reply, port, address);
    take({ bytes, transport: 'udp', port, send });
  });
  const free = await freePort();
  await new Promise<void>((resolve) => udp.bind(free, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => elsewhere.bind(0, '127.0.0.1', resolve));
  resources.add('raw upstream', () => [udp, elsewhere].map((socket) => socket.close()));
  const { port } = udp.address();
  if (tcp) {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      const send = (reply: Buffer) => void socket.write(frame(reply));
      socket.on(
        'data',
        createFrameReader((bytes) => take({ bytes, transport: 'tcp', port: socket.remotePort ?? 0, send })),
      );
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    resources.add('raw upstream over TCP', () => new Promise((resolve) => server.close(resolve)));
  }
  return { at: `127.0.0.1:${port}`, queries };
}
