/**
 * A process that asks for the names of the services whose ports were closed until the closed address is gone from the answer, and prints
 * `number time` then: `node bench/health/name-watch.ts SERVER FILE`. The file is that of `listeners.ts`.
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { serviceName, targetAddress } from './crowd.ts';

const INTERVAL_MS = 10;
const RCODE_MASK = 0x0f;

const [server = '', file = ''] = process.argv.slice(2);
const socket = createSocket('udp4');
const pending = new Map<number, Buffer>();
const seen = new Set<number>();
const asked = new Map<number, number>();
let id = 0;
let round = 0;

socket.on('message', (reply) => {
  const number = asked.get(reply.readUInt16BE(0));
  const address = number === undefined ? undefined : pending.get(number);
  if (number === undefined || !address) return;
  // An answer with the other addresses of the service, and without this one.
  if (((reply[3] ?? 0) & RCODE_MASK) !== 0 || reply.readUInt16BE(6) === 0 || reply.includes(address)) return;
  pending.delete(number);
  console.log(`${number} ${Date.now()}`);
});
socket.bind(0, () => setInterval(ask, INTERVAL_MS));

function ask(): void {
  // What was closed a moment ago is answered for seconds.
  if (round % 50 === 0) readClosed();
  round += 1;
  for (const number of pending.keys()) {
    id = (id + 1) & 0xffff;
    asked.set(id, number);
    socket.send(query(id, `${serviceName(number)}.bench.rancher.internal`), 53, server);
  }
}

function readClosed(): void {
  for (const line of readFileSync(file, 'latin1').split('\n').slice(0, -1)) {
    const number = Number(line.split(' ')[0]);
    if (seen.has(number)) continue;
    seen.add(number);
    pending.set(number, Buffer.from(targetAddress(number).split('.').map(Number)));
  }
}

/** A query for the A records of a name [RFC 1035 §4.1]. */
function query(queryId: number, name: string): Buffer {
  const header = Buffer.from([queryId >> 8, queryId & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}
