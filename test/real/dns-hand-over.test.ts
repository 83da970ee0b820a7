import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDnsHost } from '../support/dns-host.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import type { SteadyOrder, SteadyResult } from '../support/steady-client.ts';
import { createTestHost, type TestHost } from '../support/test-host.ts';

let resources: Resources;
beforeEach(() => {
  resources = createResources();
});
afterEach(() => resources.close());

const CLIENT = fileURLToPath(new URL('../support/steady-client.ts', import.meta.url));
const UPSTREAM_PORT = 5300;
const LISTEN = { address: '127.0.0.1', port: 53 };
const ORDER: SteadyOrder = {
  port: 53,
  names: Array.from({ length: 10 }, (_, n) => `s${n}.shop.rancher.internal`),
  perSecond: 1_000,
  perConnection: [1, 1, 5, 100_000],
  // Slow, so that questions are under way when a process leaves.
  outside: { perSecond: 50, upstreamPort: UPSTREAM_PORT, answerAfterMs: 700 },
};

/** A namespace set up as the service address sets up its own. */
async function createNamespace(): Promise<TestHost> {
  const host = await createTestHost(resources, 'hand-over');
  await host.run('sysctl', ['--write', 'net.ipv4.tcp_migrate_req=1']);
  return host;
}

function startClient(host: TestHost) {
  const client = host.start(process.execPath, [CLIENT, JSON.stringify(ORDER)]);
  const sent = () => Number(/^sent (\d+)\n$/m.exec(client.stdout().slice(-20))?.[1] ?? 0);
  return {
    /** Waits until this many further queries were sent. */
    more: async (count: number) => {
      const wanted = sent() + count;
      await poll(() => sent() >= wanted, { what: `${count} more queries`, giveUp: client.assertRunning });
    },
    stop: async (): Promise<SteadyResult> => {
      client.signal('SIGTERM');
      await client.exit;
      return JSON.parse(client.stdout().trimEnd().split('\n').at(-1) ?? '') as SteadyResult;
    },
  };
}

test.each(['auto', 'off'] as const)(
  'Q2 restarts under load lose no query, batching %s: over UDP, over TCP, while an upstream is asked',
  async (batching) => {
    const host = await createNamespace();
    const dns = await startDnsHost(resources, {
      batching,
      enter: host.enter,
      listen: LISTEN,
      upstreams: [`127.0.0.1:${UPSTREAM_PORT}`],
    });
    expect(dns.report().batching).toEqual({ mode: batching === 'auto' ? 'batch' : 'dgram', problem: null });
    const pids = [dns.pid()];
    const client = startClient(host);
    for (let round = 0; round < 2; round += 1) {
      await client.more(500);
      await dns.restart();
      pids.push(dns.pid());
      // It has let the one before go first, and does so no more.
      expect(nicenessOf(dns.pid())).toEqual([getPriority()]);
    }
    await client.more(500);
    const { own, outside, tcp } = await client.stop();
    expect(new Set(pids).size).toBe(3);
    expect([own, outside, ...tcp].flatMap(({ bad }) => bad)).toEqual([]);
    for (const { sent, answered } of [own, outside, ...tcp]) expect([answered, sent > 50]).toEqual([sent, true]);
    expect(dns.status().restarts).toBe(0);
  },
);

function nicenessOf(pid: number): readonly number[] {
  return [...new Set(readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread))))];
}

test('a second instance on the same port is refused', async () => {
  const dns = await startDnsHost(resources, { batching: 'auto' });
  const args = ['dns', '--config', dns.configPath, '--listen', `127.0.0.1:${dns.port}`];
  const second = await execa(resolve('bin/drover'), args, { reject: false, timeout: 60_000, all: true });
  expect(second.all).toContain(`port ${dns.port}: another program listens on this port`);
  expect(second.exitCode).toBe(1);
});

test('DNS is started again after a kill -9', async () => {
  const dns = await startDnsHost(resources, { batching: 'auto' });
  const pid = dns.pid();
  process.kill(pid, 'SIGKILL');
  await poll(() => dns.status().restarts === 1 && dns.status().state === 'running', { what: 'a restart' });
  expect(dns.pid()).not.toBe(pid);
});
