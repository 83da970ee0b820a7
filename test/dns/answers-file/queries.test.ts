import { resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Daemon, startDaemon } from '../../support/daemon.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { ask } from '../wire.ts';
import { type StandAlone, startStandAlone } from './stand-alone.ts';
import { askSteadily } from './steady.ts';

const resources = createResources();
afterAll(() => resources.close());

const TEXT = 'default: { authoritative: [rancher.internal], a: { web.rancher.internal.: 10.0.0.1 } }';

/** A `drover dns queries` process; ready when it shows the first query. */
async function watch(server: StandAlone, ...flags: readonly string[]): Promise<Daemon> {
  const daemon = startDaemon(resolve('bin/drover'), ['dns', 'queries', '--control', server.control, ...flags]);
  resources.add('drover dns queries', () => daemon.stop());
  await poll(
    async () => {
      await ask(server.port, 'web.rancher.internal', { from: '127.0.0.77' });
      return daemon.stdout().includes('web.rancher.internal');
    },
    { what: 'the first query to be shown', giveUp: daemon.assertRunning, timeoutMs: 20_000 },
  );
  return daemon;
}

test('shows queries as a table, a sample of them under load, and the number of those left out', async () => {
  const server = await startStandAlone(resources, { text: TEXT });
  const daemon = await watch(server);
  await ask(server.port, 'nosuch\u001b[2J.rancher.internal');
  await poll(() => daemon.stdout().includes('nosuch'), { what: 'the query' });
  expect(daemon.stdout()).toMatch(/^TIME +CLIENT +QUESTION +RCODE +PATH +LATENCY +RRS +RESULT\n/);
  expect(daemon.stdout()).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} 127\.0\.0\.77 +web\.rancher\.internal A +NOERROR +general +[\d.]+ ms +1 +web\.rancher\.internal\.$/m,
  );
  expect(daemon.stdout()).not.toContain('\u001b');
  const load = askSteadily(server.port, ['web.rancher.internal']);
  await poll(() => /and [1-9]\d+ more, not shown/.test(daemon.stdout()), { what: 'the rate to be limited' });
  const shownBefore = daemon.stdout().split('\n').length;
  const from = performance.now();
  await poll(() => performance.now() - from > 2_000, { what: 'two seconds of load' });
  const shown = daemon.stdout().split('\n').length - shownBefore;
  const seconds = (performance.now() - from) / 1_000;
  expect(shown).toBeGreaterThan(50);
  // 50 a second, one line for the others, and the current second.
  expect(shown).toBeLessThanOrEqual(52 * (seconds + 2));
  const { lost, sent } = await load.stop();
  expect({ lost, many: sent > 1_000 }).toEqual({ lost: 0, many: true });
});

test('filters, JSON, and the hot path again after the watch ends', async () => {
  const server = await startStandAlone(resources, { text: TEXT });
  const daemon = await watch(server, '--json', '--from', '127.0.0.77');
  for (const from of ['127.0.0.1', '127.0.0.77']) await ask(server.port, 'nosuch.rancher.internal', { from });
  await poll(() => daemon.stdout().includes('nosuch'), { what: 'the query' });
  const lines = daemon.stdout().trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).from)).toEqual(lines.map(() => '127.0.0.77'));
  await daemon.stop();
  const hotReplies = async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${server.reloadPort}/metrics`)).text();
    return Number(/^drover_dns_latency_seconds_count\{path="hot"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
  };
  await poll(
    async () => {
      const before = await hotReplies();
      for (let n = 0; n < 40; n += 1) await ask(server.port, 'web.rancher.internal', { from: '127.0.0.77' });
      return (await hotReplies()) - before >= 16;
    },
    { what: 'the hot path to answer again' },
  );
});

test('no DNS process: exit code 2', async () => {
  const daemon = startDaemon(resolve('bin/drover'), ['dns', 'queries', '--control', '/nonexistent/dns.sock']);
  expect(await daemon.exit).toBe(2);
  expect(daemon.output()).toContain('DNS at /nonexistent/dns.sock: is not running');
});
