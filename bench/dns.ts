/**
 * `npm run bench -- dns [--help]`: Drover's DNS compared with unbound, NSD, dnsmasq, BIND, Consul and a C echo: queries per
 * second, CPU time per query, latency at a steady rate, memory, cost of a change. Exits with 1 if a target is missed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../system/index.ts';
import { createResources } from '../test/support/resources.ts';
import { GENERATOR_CORE } from './dns/generator.ts';
import { buildNative } from './dns/native.ts';
import { type Part, readOptions } from './dns/options.ts';
import type { RunPart } from './dns/part.ts';
import { runChange } from './dns/part-change.ts';
import { runNames } from './dns/part-names.ts';
import { runScoped } from './dns/part-scoped.ts';
import { printHead } from './dns/report.ts';

const RUN: Readonly<Record<Part, RunPart>> = { scoped: runScoped, names: runNames, change: runChange };

const args = process.argv.slice(2);
const options = readOptions(args);
const { RANCHER_DNS_BIN, CONSUL_BIN_FOR_BENCH = '.tools/consul-1.8.7/usr/bin/consul' } = process.env;
const binaries = { rancherDns: RANCHER_DNS_BIN ?? null, consul: CONSUL_BIN_FOR_BENCH };

const stack = createResources();
const stop = () => stack.close().finally(() => process.exit(1));
process.once('SIGINT', stop).once('SIGTERM', stop);
const dir = await mkdtemp(join(tmpdir(), 'drover-bench-dns-'));
stack.add(`directory ${dir}`, () => rm(dir, { recursive: true, force: true }));
try {
  // The bench itself must not disturb the core that is measured.
  await runCommand('taskset', ['-a', '-cp', String(GENERATOR_CORE), String(process.pid)]);
  const programs = await buildNative();
  printHead(args.join(' '));
  for (const part of options.parts) {
    console.error(`${part}:`);
    const resources = createResources();
    stack.add(`servers of ${part}`, () => resources.close());
    await RUN[part]({ options, binaries, programs, resources, dir: join(dir, part) });
    await resources.close();
  }
} finally {
  await stack.close();
}
