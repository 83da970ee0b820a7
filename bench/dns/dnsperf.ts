import { execa } from 'execa';
import { ASKERS_FROM } from '../support/data-set.ts';
import { printRow } from '../support/report.ts';
import type { Entrant } from './field.ts';
import { GENERATOR_CORE } from './generator.ts';

/** A cross-check with dnsperf, once per server and from one address. dnsperf itself limits the fast servers. */
export async function runDnsperf(entrants: readonly Entrant[], seconds: number): Promise<void> {
  console.log('### dnsperf, on the same core as the generator\n');
  printRow(['server', 'queries/s', 'lost']);
  printRow(['---', '---', '---']);
  for (const entrant of entrants)
    if (!entrant.echo) printRow([entrant.name, ...(await askByDnsperf(entrant, seconds))]);
  console.log();
}

async function askByDnsperf(entrant: Entrant, seconds: number): Promise<readonly string[]> {
  const { port, names } = entrant;
  const at = ['-s', '127.0.0.1', '-p', String(port), '-a', ASKERS_FROM, '-d', names];
  const load = ['-l', String(seconds), '-c', '16', '-q', '256', '-T', '1'];
  const dnsperf = ['-c', String(GENERATOR_CORE), '.tools/peers/start', 'dnsperf', ...at, ...load];
  const { stdout } = await entrant.awake(() => execa('taskset', dnsperf));
  const perSecond = Number(/Queries per second:\s+([\d.]+)/.exec(stdout)?.[1]);
  const lost = /Queries lost:\s+(\d+)/.exec(stdout)?.[1] ?? '?';
  return [Math.round(perSecond).toLocaleString('en-US'), lost];
}
