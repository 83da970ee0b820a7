import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { type DnsHost, factsOfHost, startDnsHost } from '../support/dns-host.ts';
import { freePort } from '../support/free-port.ts';
import { percentile } from '../support/percentile.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { startSteadyQueries } from '../support/steady-queries.ts';

let resources: Resources;
beforeEach(() => {
  resources = createResources();
});
afterEach(() => resources.close());

const HERD_CLIENT = resolve('test/metadata/herd-client.ts');
const HERD = 10_000;
const NAMES = Array.from({ length: 10 }, (_, n) => `s${n}.shop.rancher.internal`);
/** A label that DNS does not read, so that the change itself costs DNS nothing. */
const RENAMED = { 'container/c0': { ...(factsOfHost(1)['container/c0'] as object), hostname: 'renamed' } };
/** Ten times what an operator would not notice. */
const MARGIN_MS = 100;
const ECHO = `
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (message, { port, address }) => socket.send(message, port, address));
  socket.bind(0, '127.0.0.1', () => console.log(socket.address().port));`;

/** `drover metadata` beside the DNS process, with the feed of the same agent. */
async function startMetadata({ configPath }: DnsHost): Promise<number> {
  const port = await freePort();
  const daemon = startDaemon('bin/drover', ['metadata', '--config', configPath, '--listen', `127.0.0.1:${port}`]);
  resources.add('metadata', () => daemon.stop());
  await poll(() => readVersion(port).catch(() => null), {
    what: 'metadata',
    timeoutMs: 20_000,
    giveUp: daemon.assertRunning,
  });
  return port;
}

async function startEcho(): Promise<number> {
  const daemon = startDaemon(process.execPath, ['-e', ECHO]);
  resources.add('echo', () => daemon.stop());
  return Number(await poll(() => daemon.stdout().trim() || null, { what: 'the echo', giveUp: daemon.assertRunning }));
}

async function readVersion(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/latest/version`)).text();
}

/** Ten thousand long polls. `answered` resolves when all have a reply, with the wall clock in milliseconds. */
async function startHerd(port: number) {
  const herd = startDaemon('node', [HERD_CLIENT, String(port), String(HERD), await readVersion(port)]);
  resources.add('herd', () => herd.stop());
  await poll(() => herd.stdout().includes('waiting'), {
    what: 'all long polls',
    timeoutMs: 60_000,
    giveUp: herd.assertRunning,
  });
  return {
    answered: async () => {
      const line = await poll(() => /^\{.*\}$/m.exec(herd.stdout())?.[0], { what: 'all replies', timeoutMs: 20_000 });
      const { times, bodies } = JSON.parse(line) as { times: number[]; bodies: string[] };
      await herd.stop();
      return { lastMs: times.at(-1) ?? 0, bodies };
    },
  };
}

/** Sends queries to DNS and to the echo until `work` is done. */
async function askBeside(dnsPort: number, echoPort: number, work: () => Promise<unknown>) {
  const options = { perSecond: 500, sockets: 16, names: NAMES };
  const [dns, echo] = [
    await startSteadyQueries(resources, { ...options, port: dnsPort }),
    await startSteadyQueries(resources, { ...options, port: echoPort }),
  ];
  await work();
  return { dns: await dns.stop(), echo: await echo.stop() };
}

test('ten thousand long polls do not delay DNS, neither waiting nor when they are answered', {}, async () => {
  const dns = await startDnsHost(resources, { batching: 'auto' });
  const port = await startMetadata(dns);
  const echoPort = await startEcho();
  const herd = await startHerd(port);
  const waiting = await askBeside(dns.port, echoPort, () => sleep(2_000));
  const woken = await askBeside(dns.port, echoPort, async () => {
    const changedAt = performance.timeOrigin + performance.now();
    dns.change(RENAMED);
    const { lastMs, bodies } = await herd.answered();
    expect(bodies).toEqual([await readVersion(port)]);
    expect(lastMs - changedAt).toBeLessThan(10_000);
  });
  for (const [what, { dns, echo }] of Object.entries({ waiting, woken })) {
    expect([...dns.bad, ...echo.bad]).toEqual([]);
    const [p99, control] = [percentile(dns.latenciesMs, 0.99), percentile(echo.latenciesMs, 0.99)];
    console.info(`${HERD} ${what}: DNS p99 ${p99.toFixed(2)} ms of ${dns.sent}; a bare echo ${control.toFixed(2)} ms`);
    expect(p99).toBeLessThan(control + MARGIN_MS);
  }
});
