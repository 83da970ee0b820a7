/**
 * Runs as a separate process: floods a server from one address and several ports until SIGTERM. Prints the numbers of queries
 * and replies, and whether there are fewer replies than queries: `{"sent":N,"got":N,"overloaded":true}`.
 *
 *   node flooder.ts SERVER PORT FROM PER_SECOND plain|cookie [MOST_PER_SECOND]
 *
 * With MOST_PER_SECOND it raises the rate until the server cannot keep up, and then sends twice the rate of the replies:
 * more than the server can answer, however busy the machine is. SIGUSR2 ends the queries; late replies are still counted.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encodeQuery, encodeWithCookie } from './steady-queries.ts';

const [server = '', port = '', from = '', perSecond = '', kind = '', most = perSecond] = process.argv.slice(2);
const TICK_MS = 2;
const WINDOW_MS = 250;
/** A share of replies below this counts as overload. */
const ANSWERED = 0.75;

const sockets = await Promise.all(
  Array.from({ length: 8 }, async () => {
    const socket = createSocket({
      type: 'udp4',
      recvBufferSize: 4 << 20,
      lookup: (host, _options, callback) => callback(null, host, 4),
    });
    const listening = once(socket, 'listening');
    socket.bind(0, from);
    await listening;
    return socket;
  }),
);
let rate = Number(perSecond);
let ended = false;
process.once('SIGUSR2', () => {
  ended = true;
});
let sent = 0;
let got = 0;
let overloaded = false;
for (const socket of sockets)
  socket
    .on('message', () => {
      got += 1;
    })
    .on('error', () => undefined);
const queries = Array.from({ length: 10 }, (_, n) =>
  (kind === 'cookie' ? encodeWithCookie : encodeQuery)(n, `s${n}.shop.rancher.internal`),
);

let last = performance.now();
let owed = 0;
setInterval(() => {
  const now = performance.now();
  // Missed queries are not sent later: a pause must not become a burst.
  owed += (Math.min(now - last, 10 * TICK_MS) / 1_000) * rate;
  last = now;
  for (; owed >= 1 && !ended; owed -= 1) {
    sockets[sent & 7]?.send(queries[sent % queries.length] ?? '', Number(port), server);
    sent += 1;
  }
}, TICK_MS);

let before = { sent, got };
setInterval(() => {
  const answered = (got - before.got) / Math.max(1, sent - before.sent);
  overloaded ||= answered < ANSWERED && got > 1_000;
  const gotPerSecond = ((got - before.got) / WINDOW_MS) * 1_000;
  if (most !== perSecond) rate = Math.min(Number(most), overloaded ? Math.max(1_000, 2 * gotPerSecond) : rate * 1.3);
  before = { sent, got };
  console.log(JSON.stringify({ sent, got, rate: Math.round(rate), overloaded }));
}, WINDOW_MS);
