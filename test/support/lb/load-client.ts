/**
 * Runs as a process of its own, usually in a network namespace: sends requests, holds WebSockets and makes slow uploads until SIGTERM, and
 * counts each failure; nothing is repeated. Prints a `LoadTally` as JSON several times a second, and the `LoadResult` in the end.
 *
 *   node load-client.ts LOAD_ORDER_AS_JSON
 */
import { once } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprintOf, openRequest, readReply } from './exchange.ts';
import type { LoadOrder, LoadTarget } from './load.ts';
import { createTally } from './tally.ts';
import { holdWebSocket } from './web-socket-client.ts';

const TIMEOUT_MS = 15_000;
/** Of the requests; each of them has a connection of its own. */
const EVERY_NEW_CONNECTION = 20;
const EVERY_POST = 10;
const CHUNK = Buffer.alloc(1_000, 'x');
const CHUNK_EVERY_MS = 250;
/** A process may have 1,024 open files. */
const MOST_IN_FLIGHT = 500;

const order = JSON.parse(process.argv[2] ?? '') as LoadOrder;
const tally = createTally();
const stop = new AbortController();
const { signal } = stop;
// In turn, so that no connection is idle for long.
const settings = { keepAlive: true, scheduling: 'fifo', maxFreeSockets: 50 } as const;
const agents = { http: new HttpAgent(settings), https: new HttpsAgent(settings) };
const inFlight = new Set<Promise<void>>();
let turn = 0;

function nextTarget(): LoadTarget {
  turn += 1;
  return order.targets[turn % order.targets.length] as LoadTarget;
}

async function sendRequest(number: number): Promise<string> {
  const target = nextTarget();
  const isPost = target.service !== null && number % EVERY_POST === EVERY_POST - 1;
  const path = target.service === null ? '/' : `/r/${number}`;
  const agent = number % EVERY_NEW_CONNECTION < 2 ? undefined : agents[target.protocol];
  const exchange = { method: isPost ? 'POST' : 'GET', path, agent, timeoutMs: TIMEOUT_MS } as const;
  const request = openRequest(target, exchange);
  request.end(isPost ? CHUNK : undefined);
  const id = await readReply(request, target, isPost ? CHUNK.length : 0);
  const fingerprint = fingerprintOf(request);
  if (fingerprint) tally.certificate(fingerprint);
  return id;
}

/** At the rate of the order, however long the replies take, as long as there are sockets for them. */
async function sendRequests(): Promise<void> {
  const beginMs = performance.now();
  for (let sent = 0; !signal.aborted; await sleep(5)) {
    const due = ((performance.now() - beginMs) / 1_000) * order.perSecond;
    for (; sent < due && inFlight.size < MOST_IN_FLIGHT; sent += 1) {
      const one = tally.count('request', sendRequest(sent)).finally(() => inFlight.delete(one));
      inFlight.add(one);
    }
  }
}

async function holdWebSockets(client: number): Promise<void> {
  for (let round = client; !signal.aborted; round += 1) {
    const session = { lifeMs: 2_000 + 1_000 * (round % 4), messageEveryMs: 100, timeoutMs: TIMEOUT_MS, signal };
    await tally.count('WebSocket', holdWebSocket(nextTarget(), { ...session, onMessage: tally.message }));
    await sleep(50);
  }
}

/** One chunk after the other. An upload that the end interrupts does not count. */
async function upload(): Promise<string> {
  const target = nextTarget();
  const request = openRequest(target, { method: 'POST', path: '/upload', timeoutMs: 2 * TIMEOUT_MS });
  const chunks = Math.ceil((order.uploadSeconds * 1_000) / CHUNK_EVERY_MS);
  const reply = readReply(request, target, chunks * CHUNK.length);
  const sending = (async () => {
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      request.write(CHUNK);
      await sleep(CHUNK_EVERY_MS, undefined, { signal });
    }
    request.end();
  })();
  sending.catch(() => request.destroy());
  return reply;
}

async function makeUploads(): Promise<void> {
  while (!signal.aborted) {
    const one = upload();
    await Promise.race([one.catch(() => {}), once(signal, 'abort')]);
    if (!signal.aborted) await tally.count('upload', one);
    await sleep(50);
  }
}

const times = (count: number, work: (number: number) => Promise<void>) =>
  Array.from({ length: count }, (_, n) => work(n));
const clients = [sendRequests(), ...times(order.webSockets, holdWebSockets), ...times(order.uploads, makeUploads)];
const progress = setInterval(() => console.log(JSON.stringify(tally.current())), 100);
await once(process, 'SIGTERM');
clearInterval(progress);
stop.abort();
await Promise.all(clients);
await Promise.all(inFlight);
process.stdout.write(`${JSON.stringify(tally.end())}\n`, () => process.exit(0));
