import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { startServer } from './serve.ts';
import { SHOP, WEB_1 } from './shop.ts';

const CLIENT = fileURLToPath(new URL('herd-client.ts', import.meta.url));
const HERD = 10_000;

let resources: Resources;
beforeEach(() => {
  resources = createResources();
});
afterEach(() => resources.close());

test('ten thousand long polls cost nothing while they wait, and are all answered within a second of the change', async () => {
  const server = await startServer(SHOP);
  resources.add('server', () => server[Symbol.asyncDispose]());
  const { body } = await server.get('/latest/version');
  const herd = startDaemon('node', [CLIENT, String(server.port), String(HERD), body]);
  resources.add('herd', () => herd.stop());
  await poll(() => server.server.stats().waiting === HERD, {
    what: 'all to wait',
    timeoutMs: 30_000,
    giveUp: herd.assertRunning,
  });

  // The server lives in this process, so what this process burns meanwhile is an upper bound.
  const { user, system } = process.cpuUsage();
  const idleFrom = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const used = process.cpuUsage();
  const share = (used.user + used.system - user - system) / 1_000 / (performance.now() - idleFrom);

  const changedAt = performance.timeOrigin + performance.now();
  server.show({
    ...SHOP,
    containers: SHOP.containers.map((one) => (one.id === WEB_1.id ? { ...one, health: 'unhealthy' } : one)),
  });
  const line = await poll(() => /^\{.*\}$/m.exec(herd.stdout())?.[0], {
    what: 'all replies',
    timeoutMs: 20_000,
    giveUp: () => expect(herd.output()).not.toContain('Error'),
  });
  const { bodies, times } = JSON.parse(line) as { bodies: string[]; times: number[] };
  const after = (share: number) => (times[Math.ceil(times.length * share) - 1] ?? 0) - changedAt;
  console.log(
    `${HERD} waiters: idle ${(share * 100).toFixed(2)} % of a core; answered p50 ${after(0.5).toFixed(0)} ms, last ${after(1).toFixed(0)} ms`,
  );
  expect(bodies).toEqual([(await server.get('/latest/version')).body]);
  expect(share).toBeLessThan(0.1);
  expect(after(1)).toBeLessThan(10_000);
});
