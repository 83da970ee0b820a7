/**
 * `npm run bench -- dns-kernel [--seconds N] [--rounds N]`: DNS answered by the kernel compared with Drover's server, NSD and unbound, over veth,
 * with two clients at once, in interleaved rounds of one run. Exits with 1 if a target is missed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from '../system/index.ts';
import type { Daemon } from '../test/support/daemon.ts';
import { type KernelHost, onBridge, SERVICE_ADDRESS, startKernelHost } from '../test/support/kernel-host.ts';
import { percentile } from '../test/support/percentile.ts';
import { poll } from '../test/support/poll.ts';
import { createResources } from '../test/support/resources.ts';
import type { TestHost } from '../test/support/test-host.ts';
import type { Run } from './dns/generator.ts';
import { buildNative } from './dns/native.ts';
import { cpuSeconds } from './support/process-cost.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, rounds: { type: 'string', default: '3' } },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const SERVICES = Array.from({ length: 1_000 }, (_, n) => ({
  name: `web-${n}`,
  addresses: [1, 2, 3, 4, 5].map((at) => `10.${64 + (n >> 8)}.${n & 255}.${at}`),
}));
const nameOf = (service: string) => `${service}.shop.rancher.internal`;

interface Contestant {
  readonly name: string;
  readonly address: string;
  /** CPU seconds that the answering side (server or BPF program) has used so far. */
  readonly cpu: () => number;
}

const resources = createResources();
const stop = () => resources.close().finally(() => process.exit(1));
process.once('SIGINT', stop).once('SIGTERM', stop);
try {
  const { generator } = await buildNative();
  const host = await startKernelHost(resources, { clients: 2 });
  host.show(
    SERVICES.flatMap(({ name, addresses }) =>
      addresses.map((address, at) => onBridge(`${name}-${at}`, `shop/${name}`, address)),
    ),
  );
  const names = join(host.home.dir, 'names');
  await writeFile(names, SERVICES.map(({ name }) => `${nameOf(name)} A\n`).join(''));
  await withRunTimes(host);
  const contestants = [kernel(host), await server(host), await nsd(host), await unbound(host)];
  for (const { address } of contestants) await warm(host, generator, { address, names });
  const rows = await measure(host, contestants, { generator, names });
  print(rows);
  process.exitCode = judge(rows) ? 0 : 1;
} finally {
  await resources.close();
}

interface Row {
  readonly name: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpuMicros: number;
  readonly lost: number;
}

/** The kernel measures the run time of BPF programs only if this is enabled. */
async function withRunTimes({ home }: KernelHost): Promise<void> {
  const before = readFileSync('/proc/sys/kernel/bpf_stats_enabled', 'latin1').trim();
  resources.add('run times', () => runCommand('sysctl', ['-q', `kernel.bpf_stats_enabled=${before}`]));
  await home.run('sysctl', ['-q', 'kernel.bpf_stats_enabled=1']);
}

function kernel({ dns }: KernelHost): Contestant {
  const fdinfo = `/proc/${dns.pid}/fdinfo`;
  const runSeconds = () => {
    const texts = readdirSync(fdinfo).map((fd) => readFileSync(join(fdinfo, fd), 'latin1'));
    const program = texts.find((text) => text.includes('run_time_ns'));
    return Number(/run_time_ns:\s+(\d+)/.exec(program ?? '')?.[1] ?? Number.NaN) / 1e9;
  };
  return { name: 'Drover, kernel', address: SERVICE_ADDRESS, cpu: () => runSeconds() + cpuSeconds(dns.pid) };
}

async function atAddress({ home }: KernelHost, address: string): Promise<void> {
  await home.run('ip', ['addr', 'add', `${address}/32`, 'dev', 'lo']);
}

async function server(host: KernelHost): Promise<Contestant> {
  const address = '169.254.169.11';
  await atAddress(host, address);
  const args = ['dns', '--config', host.configPath, '--listen', `${address}:53`, '--dns-kernel-answers', 'off'];
  return ready(host, 'Drover, server', address, host.home.start('bin/drover', args));
}

async function nsd(host: KernelHost): Promise<Contestant> {
  const address = '169.254.169.12';
  await atAddress(host, address);
  const { dir } = host.home;
  const records = SERVICES.flatMap(({ name, addresses }) => addresses.map((one) => `${nameOf(name)}. 1 IN A ${one}`));
  await writeFile(
    join(dir, 'zone'),
    `rancher.internal. 1 IN SOA ns.rancher.internal. admin.rancher.internal. 1 60 60 60 1\nrancher.internal. 1 IN NS ns.rancher.internal.\n${records.join('\n')}\n`,
  );
  await writeFile(
    join(dir, 'nsd.conf'),
    `server:\n ip-address: ${address}\n server-count: 1\n username: ""\n chroot: ""\n zonesdir: "${dir}"\n pidfile: "${dir}/nsd.pid"\n xfrdfile: "${dir}/xfrd"\n zonelistfile: "${dir}/zones"\n database: ""\n round-robin: yes\n minimal-responses: yes\n send-buffer-size: 4194304\n receive-buffer-size: 4194304\n rrl-ratelimit: 0\nremote-control:\n control-enable: no\nzone:\n name: rancher.internal\n zonefile: zone\n`,
  );
  return ready(host, 'NSD', address, host.home.start('.tools/peers/start', ['nsd', '-d', '-c', join(dir, 'nsd.conf')]));
}

async function unbound(host: KernelHost): Promise<Contestant> {
  const address = '169.254.169.13';
  await atAddress(host, address);
  const { dir } = host.home;
  const data = SERVICES.flatMap(({ name, addresses }) =>
    addresses.map((one) => ` local-data: "${nameOf(name)}. 1 IN A ${one}"`),
  );
  await writeFile(
    join(dir, 'unbound.conf'),
    `server:\n interface: ${address}\n do-daemonize: no\n username: ""\n chroot: ""\n directory: "${dir}"\n pidfile: ""\n use-syslog: no\n num-threads: 1\n so-rcvbuf: 4m\n so-sndbuf: 4m\n rrset-roundrobin: yes\n minimal-responses: yes\n module-config: "iterator"\n access-control: 0.0.0.0/0 allow\n local-zone: "rancher.internal." static\n${data.join('\n')}\nremote-control:\n control-enable: no\n`,
  );
  return ready(
    host,
    'unbound',
    address,
    host.home.start('.tools/peers/start', ['unbound', '-d', '-c', join(dir, 'unbound.conf')]),
  );
}

async function ready(host: KernelHost, name: string, address: string, daemon: Daemon): Promise<Contestant> {
  const [first] = host.clients;
  const asked = () => first?.run('dig', [`@${address}`, '+short', '+tries=1', '+time=1', nameOf('web-7')]);
  await poll(async () => (await asked())?.split('\n').length === 5, {
    what: name,
    timeoutMs: 30_000,
    giveUp: daemon.assertRunning,
  });
  return { name, address, cpu: () => cpuSeconds(daemon.pid) };
}

interface Question {
  readonly address: string;
  readonly names: string;
  readonly rate?: number;
}

async function ask(
  client: TestHost,
  core: number,
  generator: string,
  { address, names, rate }: Question,
): Promise<Run> {
  const given = [
    '--server',
    address,
    '--names',
    names,
    '--seconds',
    String(seconds),
    ...(rate ? ['--rate', String(rate)] : []),
  ];
  const output = await client.run('taskset', ['-c', String(core), generator, ...given], {
    timeoutMs: seconds * 1_000 + 30_000,
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as Run;
}

/** Lets each client query each name once. */
async function warm({ clients }: KernelHost, generator: string, question: Question): Promise<void> {
  for (const client of clients) await ask(client, 1, generator, { ...question, rate: 20_000 });
}

async function measure(
  { clients }: KernelHost,
  contestants: readonly Contestant[],
  { generator, names }: { readonly generator: string; readonly names: string },
): Promise<readonly Row[]> {
  const seen = new Map<string, { rates: number[]; p50: number[]; p99: number[]; cpu: number[]; lost: number }>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, address, cpu } of contestants) {
      const row = seen.get(name) ?? { rates: [], p50: [], p99: [], cpu: [], lost: 0 };
      seen.set(name, row);
      const before = cpu();
      const runs = await Promise.all(clients.map((client, core) => ask(client, core, generator, { address, names })));
      const received = runs.reduce((sum, run) => sum + run.received, 0);
      row.cpu.push(((cpu() - before) / received) * 1e6);
      row.rates.push(runs.reduce((sum, run) => sum + run.perSecond, 0));
      const steady = await ask(clients[0] as TestHost, 1, generator, { address, names, rate: 5_000 });
      row.p50.push(steady.p50);
      row.p99.push(steady.p99);
      row.lost += runs.reduce((sum, run) => sum + run.lost + run.bad, steady.lost + steady.bad);
      console.error(`round ${round}: ${name} ${Math.round(row.rates.at(-1) ?? 0)} q/s`);
    }
  }
  return [...seen].map(([name, { rates, p50, p99, cpu, lost }]) => ({
    name,
    perSecond: percentile(rates, 0.5),
    p50: percentile(p50, 0.5),
    p99: percentile(p99, 0.5),
    cpuMicros: percentile(cpu, 0.5),
    lost,
  }));
}

function print(rows: readonly Row[]): void {
  console.log(
    '| answered by | queries/s, two clients | p50 at 5,000/s | p99 | CPU per query, of the server or the program | lost or wrong |',
  );
  console.log('|---|---|---|---|---|---|');
  for (const { name, perSecond, p50, p99, cpuMicros, lost } of rows)
    console.log(
      `| ${name} | ${Math.round(perSecond / 100) / 10} k | ${p50.toFixed(1)} µs | ${p99.toFixed(1)} µs | ${cpuMicros.toFixed(2)} µs | ${lost} |`,
    );
}

function judge(rows: readonly Row[]): boolean {
  const of = (name: string) => rows.find((row) => row.name === name) as Row;
  const ours = of('Drover, kernel');
  const best = Math.min(...rows.filter((row) => row !== ours).map(({ p50 }) => p50));
  const targets = [
    ['rate, of NSD', ours.perSecond / of('NSD').perSecond, '>=', 2.5],
    ['p50 at 5,000/s, of the best server', ours.p50 / best, '<=', 0.3],
    ['CPU per query to NSD', ours.cpuMicros / of('NSD').cpuMicros, '<=', 0.3],
  ] as const;
  const results = targets.map(([what, value, sign, limit]) => {
    const met = sign === '>=' ? value >= limit : value <= limit;
    console.log(`${met ? 'met   ' : 'MISSED'} ${what}: ${value.toFixed(2)} (target ${sign} ${limit})`);
    return met;
  });
  return results.every(Boolean);
}
