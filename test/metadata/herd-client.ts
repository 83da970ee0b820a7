/**
 * A child process: many simultaneous long polls from many loopback addresses, each on its own connection.
 *
 *   node herd-client.ts PORT COUNT VALUE
 *
 * Prints `waiting` when all are sent, and at the end JSON: the bodies, and their times (milliseconds of the wall clock, sorted).
 */
import { connect } from 'node:net';

const [port = '', count = '', value = ''] = process.argv.slice(2);
const PER_ADDRESS = 200;
const AT_ONCE = 200;
const total = Number(count);
const bodies = new Set<string>();
const times: number[] = [];

function ask(n: number): Promise<void> {
  const localAddress = `127.0.${2 + Math.floor(n / PER_ADDRESS / 200)}.${1 + (Math.floor(n / PER_ADDRESS) % 200)}`;
  const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const path = `/latest/version?wait=true&value=${value}&maxWait=60`;
  socket.once('error', reject);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: metadata\r\n\r\n`, () => resolve());
  socket.once('data', (bytes) => {
    const body = bytes.toString('latin1').split('\r\n\r\n')[1] ?? '';
    bodies.add(body);
    times.push(Math.round((performance.timeOrigin + performance.now()) * 10) / 10);
    socket.destroy();
    if (times.length === total) finish();
  });
  return promise;
}

function finish(): void {
  process.stdout.write(`${JSON.stringify({ bodies: [...bodies], times: times.sort((a, b) => a - b) })}\n`);
}

for (let n = 0; n < total; n += AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, total - n) }, (_, at) => ask(n + at)));
}
process.stdout.write('waiting\n');
