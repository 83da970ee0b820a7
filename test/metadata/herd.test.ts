import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { startServer } from './serve.ts';
import { SHOP, WEB_1 } from './shop.ts';

const CLIENT = fileURLToPath(new URL('herd-client.ts', import.meta.url));
const HERD = 10_000;
const WINDOWS = 11;
const WINDOW_MS = 300;

let resources: Resources;
beforeEach(() => {
  resources = createResources();
});
afterEach(() => resources.close());

test('ten thousand long polls use no CPU while they wait, and all are answered within a second of the change', async () => {
  const server = await startServer(SHOP);
  resources.add('server', () => server[Symbol.asyncDispose]());
  const { body } = await server.get('/latest/version');
  const herd = startDaemon('node', [CLIENT, String(server.port), String(HERD), body]);
  resources.add('herd', () => herd.stop());
  await poll(() => server.server.stats().waiting === HERD, {
    what: 'all long polls',
    timeoutMs: 30_000,
    giveUp: herd.assertRunning,
  });

  const share = await idleShare();

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

/**
 * The CPU share of this process, which includes the server: an upper bound. The median of several windows, because one or two of
 * them contain the garbage collection after ten thousand new connections, which is not a cost of waiting.
 */
async function idleShare(): Promise<number> {
  const shares: number[] = [];
  for (let n = 0; n < WINDOWS; n += 1) {
    const { user, system } = process.cpuUsage();
    const from = performance.now();
    await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
    const used = process.cpuUsage();
    shares.push((used.user + used.system - user - system) / 1_000 / (performance.now() - from));
  }
  return shares.sort((a, b) => a - b)[(WINDOWS - 1) / 2] ?? 1;
}
