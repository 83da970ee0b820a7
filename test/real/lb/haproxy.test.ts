import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { backend, listener, rule, server, table } from '../../lb/render/tables.ts';
import { freePort } from '../../support/free-port.ts';
import { type BalancedHost, startBalancedHost } from '../../support/lb/balanced-host.ts';
import { startEcho } from '../../support/lb/echo-process.ts';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';

let resources: Resources;
let host: BalancedHost;
let port: number;

beforeEach(async () => {
  resources = createResources();
  host = await startBalancedHost(resources);
  port = await freePort();
});
afterEach(() => resources.close());

const get = async (at = port): Promise<{ readonly status: number; readonly text: string }> => {
  const reply = await fetch(`http://127.0.0.1:${at}/`, { headers: { connection: 'close' } });
  return { status: reply.status, text: await reply.text() };
};
const web = (...ports: readonly number[]) => backend('web', { servers: ports.map((at) => server('127.0.0.1', at)) });
const front = (...backends: readonly ReturnType<typeof backend>[]) =>
  table({ listeners: [listener(port, { rules: [rule('web')] })], backends });

describe('process', () => {
  test('starts with the first listener, is adopted with other endpoints, and is stopped with the last listener', async () => {
    const [one, two] = [await startEcho(resources), await startEcho(resources)];
    expect(host.balancer.status()).toMatchObject({ state: 'idle', generations: 0 });
    host.setTable(front(web(one)));
    await host.settled();
    expect(await get()).toMatchObject({ status: 200 });
    const pid = await poll(() => host.pid(), { what: 'HAProxy' });

    await host.leave();
    host.enter();
    host.setTable(front(web(one, two)));
    await host.settled();
    expect(await poll(() => host.pid(), { what: 'HAProxy' })).toBe(pid);
    expect(await host.ask('show servers state web')).toContain(`127.0.0.1:${two}`);
    expect(host.balancer.status()).toMatchObject({ state: 'running', reloads: 0, serverChanges: 1 });

    host.setTable(table({}));
    await poll(() => host.balancer.status().state === 'idle', { what: 'the end of HAProxy' });
    await expect(get()).rejects.toThrow();
  });
});
