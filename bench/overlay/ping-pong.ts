/**
 * Requests and replies of one byte each over one TCP connection.
 *   node bench/overlay/ping-pong.ts serve               prints `ready`
 *   node bench/overlay/ping-pong.ts ask ADDRESS SECONDS prints the median and the 99th percentile in microseconds, as JSON
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { percentile } from '../../test/support/percentile.ts';

export interface Latency {
  readonly p50Micros: number;
  readonly p99Micros: number;
}

const PORT = 5_202;
const [, , mode, address = '', seconds = '1'] = process.argv;

if (mode === 'serve') {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (data) => socket.write(data)).on('error', () => socket.destroy());
  });
  server.listen(PORT, '0.0.0.0', () => console.log('ready'));
} else {
  const socket = connect({ host: address, port: PORT, noDelay: true });
  await once(socket, 'connect');
  const [micros, byte]: [number[], Buffer] = [[], Buffer.of(1)];
  const endsAt = performance.now() + Number(seconds) * 1_000;
  let askedAt = 0;
  const ask = (): void => {
    askedAt = performance.now();
    socket.write(byte);
  };
  socket.on('data', () => {
    const now = performance.now();
    micros.push((now - askedAt) * 1_000);
    if (now < endsAt) ask();
    else socket.destroy();
  });
  ask();
  await once(socket, 'close');
  const latency: Latency = { p50Micros: percentile(micros, 0.5), p99Micros: percentile(micros, 0.99) };
  console.log(JSON.stringify(latency));
}
