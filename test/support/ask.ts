/**
 * Runs as a separate process inside the network namespace of a container or host: queries one server for the A records of one
 * name every few milliseconds and prints a JSON line `{at, rcode, addresses}` whenever the sorted answer changes.
 * `at` is the wall clock in milliseconds at which the reply with the change arrived.
 *
 *   node ask.ts SERVER NAME INTERVAL_MS
 */
import { createSocket } from 'node:dgram';
import dns2 from 'dns2';

const { Packet } = dns2;
const [server = '', name = '', interval = '2'] = process.argv.slice(2);
const socket = createSocket('udp4');
let id = 0;
let last = '';

function ask(): void {
  id = (id + 1) & 0xffff;
  socket.send(encodeQuery(id, name), 53, server, (error) => {
    if (error) report(`send: ${error.message}`, []);
  });
}

/** A query for the A records of a name, recursion desired [RFC 1035 §4.1]. */
function encodeQuery(queryId: number, owner: string): Buffer {
  const header = Buffer.from([queryId >> 8, queryId & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = owner.split('.').filter((label) => label !== '');
  const encoded = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
  return Buffer.concat([header, ...encoded, Buffer.from([0, 0, 1, 0, 1])]);
}

function report(rcode: number | string, addresses: readonly string[]): void {
  const state = JSON.stringify({ rcode, addresses });
  if (state === last) return;
  last = state;
  process.stdout.write(`${JSON.stringify({ at: Date.now(), rcode, addresses })}\n`);
}

socket.on('message', (bytes) => {
  const reply = Packet.parse(bytes);
  const addresses = reply.answers.flatMap((answer) => ('address' in answer ? [String(answer.address)] : []));
  report(reply.header.rcode, addresses.sort());
});
socket.bind(0, () => {
  ask();
  setInterval(ask, Number(interval));
});
