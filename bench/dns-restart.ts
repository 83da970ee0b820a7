/**
 * `npm run bench -- dns-restart [--restarts N] [--rate N] [--batching auto,off] [--kills N]`: replaces `drover dns` repeatedly, as upgrades do,
 * while 64 ports send 50,000 queries per second (20,000 without batches). Counts queries without an answer; a single one makes the command fail. Then
 * it kills the server (-9) several times and prints the losses. Needs two idle cores.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { type DnsHost, startDnsHost } from '../test/support/dns-host.ts';
import { percentile } from '../test/support/percentile.ts';
import { poll } from '../test/support/poll.ts';
import { createResources, type Resources } from '../test/support/resources.ts';
import { createTestHost, type TestHost } from '../test/support/test-host.ts';
import type { Run } from './dns/generator.ts';
import { buildNative } from './dns/native.ts';

const SERVICES = 1_000;
/** A restart takes up to a few seconds; the generator keeps sending for that time. */
const SECONDS_A_RESTART = 5;
const SECONDS_A_KILL = 4;

const { values } = parseArgs({
  options: {
    restarts: { type: 'string', default: '50' },
    rate: { type: 'string' },
    batching: { type: 'string', default: 'auto,off' },
    kills: { type: 'string', default: '3' },
  },
});
const [restarts, kills] = [Number(values.restarts), Number(values.kills)];
/** Without batches the maximum is 63,000 per second, with no core left for the next process. */
const RATES = { auto: 50_000, off: 20_000 };
const { generator } = await buildNative();
let failed = false;

interface Setting {
  readonly host: TestHost;
  readonly dns: DnsHost;
  readonly mode: string;
  /** Queries a second. */
  readonly rate: number;
}

/** Sends queries for `seconds` while `act` is called repeatedly until it returns false. */
async function askWhile({ host, rate }: Setting, seconds: number, act: () => Promise<boolean>): Promise<Run> {
  const names = join(host.dir, 'names');
  const lines = Array.from({ length: SERVICES }, (_, n) => `s${n}.shop.rancher.internal A`);
  await writeFile(names, `${lines.join('\n')}\n`);
  const args = ['--port', 53, '--names', names, '--rate', rate, '--seconds', seconds, '--warm', 0, '--sockets', 64];
  const { file, args: all } = host.enter(generator, args.map(String));
  let over = false;
  const asked = execa(file, all).finally(() => {
    over = true;
  });
  while (!over && (await act()));
  const { stdout } = await asked;
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Run;
}

/** Datagrams dropped so far because a queue of the servers or the generator was full. */
async function overflown(host: TestHost): Promise<number> {
  const [names = '', values = ''] = (await host.run('grep', ['^Udp:', '/proc/net/snmp'])).split('\n');
  return Number(values.split(' ')[names.split(' ').indexOf('RcvbufErrors')]);
}

async function replaceOften(setting: Setting): Promise<void> {
  const { host, dns, mode, rate } = setting;
  const took: number[] = [];
  const before = await overflown(host);
  const run = await askWhile(setting, restarts * SECONDS_A_RESTART, async () => {
    const start = performance.now();
    await dns.restart();
    took.push(performance.now() - start);
    return took.length < restarts;
  });
  const { sent, lost, bad, p50, p99, p999, max } = run;
  const full = (await overflown(host)) - before;
  console.log(
    `${mode}: ${took.length} restarts, ${sent} queries at ${rate} per second: ${lost} lost (${full} at a full queue), ${bad} wrong; ` +
      `p50 ${p50} µs, p99 ${p99} µs, p99.9 ${p999} µs, max ${(max / 1_000).toFixed(1)} ms; ` +
      `a restart took ${percentile(took, 0.5).toFixed(0)} ms, at most ${Math.max(...took).toFixed(0)}`,
  );
  if (lost > 0 || bad > 0 || took.length < restarts || dns.status().restarts > 0) failed = true;
}

async function killSome(setting: Setting): Promise<void> {
  const { dns, mode, rate } = setting;
  let killed = 0;
  const run = await askWhile(setting, kills * SECONDS_A_KILL, async () => {
    process.kill(dns.pid(), 'SIGKILL');
    killed += 1;
    await poll(() => dns.status().restarts === killed && dns.report().serving === true, {
      what: 'the next process',
      timeoutMs: 20_000,
    });
    return killed < kills;
  });
  console.log(
    `${mode}: ${killed} times kill -9: ${run.lost} of ${run.sent} queries lost, ` +
      `${Math.round(run.lost / killed)} each, ${(run.lost / killed / rate).toFixed(2)} s of queries`,
  );
}

async function measure(resources: Resources, batching: 'auto' | 'off'): Promise<void> {
  const host = await createTestHost(resources, 'restart');
  await host.run('sysctl', ['--write', 'net.ipv4.tcp_migrate_req=1']);
  const listen = { address: '127.0.0.1', port: 53 };
  const dns = await startDnsHost(resources, { batching, enter: host.enter, listen, services: SERVICES });
  const { mode } = dns.report().batching as { mode: string };
  const setting = { host, dns, mode, rate: Number(values.rate ?? RATES[batching]) };
  await replaceOften(setting);
  if (kills > 0) await killSome(setting);
}

for (const batching of values.batching.split(',')) {
  await using resources = createResources();
  await measure(resources, batching === 'off' ? 'off' : 'auto');
}
process.exitCode = failed ? 1 : 0;
