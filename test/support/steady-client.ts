/**
 * Runs as a separate process inside a network namespace: queries a DNS server over UDP and TCP at a steady rate until SIGTERM,
 * then prints the result as one line of JSON (`SteadyResult`). Prints `sent N` periodically before that.
 *
 *   node steady-client.ts ORDER_AS_JSON
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createResources } from './resources.ts';
import { askOverTcp, startSteadyQueries, type Tally } from './steady-queries.ts';

export interface SteadyOrder {
  readonly port: number;
  /** Names of the server: queried `perSecond` over UDP, and over TCP with this many queries per connection. */
  readonly names: readonly string[];
  readonly perSecond: number;
  readonly perConnection: readonly number[];
  /** External names, queried at this rate; a local upstream answers after `answerAfterMs`. */
  readonly outside: { readonly perSecond: number; readonly upstreamPort: number; readonly answerAfterMs: number };
}

/** Omits latencies, and all but the first failures. */
export interface SteadyResult {
  readonly own: Omit<Tally, 'latenciesMs'>;
  readonly outside: Omit<Tally, 'latenciesMs'>;
  readonly tcp: readonly Omit<Tally, 'latenciesMs'>[];
}

async function startSlowUpstream({ upstreamPort, answerAfterMs }: SteadyOrder['outside']): Promise<void> {
  const socket = createSocket('udp4');
  const record = Buffer.from('c00c00010001000000000004c0000201', 'hex');
  socket.on('message', (query, from) => {
    const questionEnd = query.indexOf(0, 12) + 5;
    const reply = Buffer.concat([query.subarray(0, questionEnd), record]);
    reply.writeUInt16BE(0x8180, 2);
    reply.writeUInt16BE(1, 6);
    reply.writeUInt32BE(0, 8);
    setTimeout(() => socket.send(reply, from.port, from.address), answerAfterMs);
  });
  socket.bind(upstreamPort, '127.0.0.1');
  await once(socket, 'listening');
}

const order = JSON.parse(process.argv[2] ?? '') as SteadyOrder;
const { port, names, perSecond, perConnection } = order;
const resources = createResources();
await startSlowUpstream(order.outside);
const own = await startSteadyQueries(resources, { port, perSecond, names });
const others = Array.from({ length: 10_000 }, (_, n) => `host-${n}.example.com`);
const outside = await startSteadyQueries(resources, {
  port,
  perSecond: order.outside.perSecond,
  sockets: 8,
  names: others,
});
const stop = new AbortController();
const tcp = perConnection.map((count) => askOverTcp({ port, names, perConnection: count, signal: stop.signal }));
const endTcp = async () => {
  stop.abort();
  return (await Promise.all(tcp)).map(brief);
};
const progress = setInterval(() => console.log(`sent ${own.sent}`), 20);
await once(process, 'SIGTERM');
clearInterval(progress);
const brief = ({ sent, answered, bad }: Omit<Tally, 'latenciesMs'>) => ({ sent, answered, bad: bad.slice(0, 20) });
const result: SteadyResult = {
  own: brief(await own.stop()),
  outside: brief(await outside.stop()),
  tcp: await endTcp(),
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
