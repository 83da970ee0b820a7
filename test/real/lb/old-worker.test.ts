import { Agent, type IncomingMessage, request } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { drainSessions, type LbTable } from '../../../lb/index.ts';
import { backend, listener, rule, server, table } from '../../lb/render/tables.ts';
import { freePort } from '../../support/free-port.ts';
import { startBalancedHost } from '../../support/lb/balanced-host.ts';
import { headerOf } from '../../support/lb/clients.ts';
import { type Echo, startEcho } from '../../support/lb/upstreams.ts';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';

const resources = createResources();
afterAll(() => resources.close());

const CLIENT = '127.0.0.7';
const LEAVING = { containerId: 'a'.repeat(64), state: 'drain' } as const;

function front(ports: readonly number[], servers: LbTable['backends'][number]['servers']): LbTable {
  const listeners = ports.map((at) => listener(at, { rules: [rule('web')] }));
  return table({ listeners, backends: [backend('web', { servers })] });
}

interface Reply {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  /** The port of the client. */
  readonly from: number | undefined;
  readonly echo: Echo;
}

/** A client that keeps its connection. Gives its GET. */
function keptClient(resources: Resources, port: number): () => Promise<Reply> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  resources.add('client', () => agent.destroy());
  const options = { host: '127.0.0.1', port, agent, localAddress: CLIENT };
  return async () => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(options, resolve).on('error', reject).end();
    const response = await promise;
    const from = response.socket.localPort;
    const echo = JSON.parse((await response.toArray()).join('')) as Echo;
    return { status: response.statusCode, connection: response.headers.connection, from, echo };
  };
}

async function openWebSocket(resources: Resources, port: number): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`);
  resources.add('WebSocket', () => webSocket.close());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  webSocket.addEventListener('open', () => resolve());
  webSocket.addEventListener('error', () => reject(new Error('the WebSocket cannot be opened')));
  await promise;
  return webSocket;
}

test('Q4 Q26 after a reload, a kept connection gets new endpoints, and the sessions of the worker before are known', async () => {
  const host = await startBalancedHost(resources, { oldConnectionsMs: 30_000 });
  const [port, other] = [await freePort(), await freePort()];
  const [one, two] = [await startEcho(resources, 'one'), await startEcho(resources, 'two')];
  const [kept, idle] = [keptClient(resources, port), keptClient(resources, port)];
  host.setTable(front([port], [server('127.0.0.1', one)]));
  await host.settled();
  const before = await kept();
  await idle();
  const webSocket = await openWebSocket(resources, port);

  host.setTable(front([port, other], [server('127.0.0.1', one)]));
  await host.settled();
  const draining = front([port, other], [server('127.0.0.1', one, LEAVING), server('127.0.0.1', two)]);
  host.setTable(draining);
  await host.settled();
  const sessions = async (): Promise<number | null> => {
    const signal = AbortSignal.timeout(5_000);
    const newest = await host.balancer.readStat(signal);
    return drainSessions(draining, { newest, old: await host.balancer.readOldStat(signal) }, LEAVING.containerId);
  };
  await poll(async () => (await sessions()) === 1, { what: 'the session' });
  webSocket.close();
  await poll(async () => (await sessions()) === 0, { what: 'the end of the session' });
  expect(host.balancer.status()).toMatchObject({ reloads: 1, generations: 2 });

  host.setTable(front([port, other], [server('127.0.0.1', two)]));
  await host.settled();
  const after = await kept();
  expect([before.echo.server, after.echo.server]).toEqual(['one', 'two']);
  expect(after).toMatchObject({ status: 200, connection: 'close', from: before.from });
  const forwarded = ['x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto'];
  expect(forwarded.map((name) => headerOf(after.echo, name))).toEqual([[CLIENT], [String(port)], ['http']]);
  expect(host.balancer.status().generations).toBe(2);
});

test('Q4 a kept connection gets own text that a reload brings, once', async () => {
  const host = await startBalancedHost(resources, { oldConnectionsMs: 30_000 });
  const port = await freePort();
  const kept = keptClient(resources, port);
  const plain = front([port], [server('127.0.0.1', await startEcho(resources, 'one'))]);
  host.setTable(plain);
  await host.settled();
  await kept();
  const text = `frontend ${port}\n  http-request add-header X-Own yes`;
  host.setTable({ ...plain, customConfigs: [{ balancer: 'shop/front', text }] });
  await host.settled();
  const { status, echo } = await kept();
  expect([status, headerOf(echo, 'x-own')]).toEqual([200, ['yes']]);
});
