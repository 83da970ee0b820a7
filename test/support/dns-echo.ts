/**
 * Runs as a separate process inside the network namespace of a client. Sends each line of standard input (a DNS message in
 * hexadecimal) and prints the reply, or `-` if none arrives in time.
 *
 *   node dns-echo.ts SERVER
 *
 * With a rate it sends one message repeatedly from several sockets instead, and prints JSON lines every 50 ms:
 * `{at, replies}`, `at` in milliseconds since the epoch, `replies` since the start.
 *
 *   node dns-echo.ts SERVER RATE HEX
 */
import { createSocket, type Socket } from 'node:dgram';
import { createInterface } from 'node:readline';

const [server = '', rate, hex = ''] = process.argv.slice(2);
/** Long, because a late reply is not a loss. */
const TIMEOUT_MS = 15_000;

if (rate === undefined) await echo();
else load(Number(rate), Buffer.from(hex, 'hex'));

async function echo(): Promise<void> {
  const socket = await open();
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${await exchange(socket, Buffer.from(line, 'hex'))}\n`);
  }
  socket.close();
}

function exchange(socket: Socket, message: Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const take = (reply: Buffer): void => {
    if (reply.readUInt16BE(0) === message.readUInt16BE(0)) resolve(reply.toString('hex'));
  };
  const timer = setTimeout(() => resolve('-'), TIMEOUT_MS);
  socket.on('message', take);
  socket.send(message);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off('message', take);
  });
}

function load(perSecond: number, message: Buffer): void {
  const EVERY_MS = 5;
  let replies = 0;
  void open().then((socket) => {
    socket.on('message', () => {
      replies += 1;
    });
    setInterval(() => {
      for (let n = 0; n < (perSecond * EVERY_MS) / 1_000; n += 1) socket.send(message);
    }, EVERY_MS);
  });
  setInterval(() => process.stdout.write(`${JSON.stringify({ at: Date.now(), replies })}\n`), 20);
}

function open(): Promise<Socket> {
  const socket = createSocket('udp4');
  const { promise, resolve } = Promise.withResolvers<Socket>();
  // If the port is closed, no reply arrives.
  socket.on('error', () => undefined);
  socket.connect(53, server, () => resolve(socket));
  return promise;
}
