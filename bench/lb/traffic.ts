import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile } from '../../test/support/percentile.ts';
import type { Resources } from '../../test/support/resources.ts';
import { cpuSeconds } from '../support/process-cost.ts';
import { printRow } from '../support/report.ts';
import { atLeast, limit, type Verdict } from '../support/targets.ts';
import { runWrk, WRK_CORE } from '../support/wrk.ts';
import { drover } from './drover-config.ts';
import { PROXY_CORE, type Running, startProgram } from './field.ts';
import { JOBS, type Job, rotatingHosts, SERVER_PORT, SERVERS } from './jobs.ts';
import { bareHaproxy, caddy, MANNERS, nginx, origin, type Place, type Program } from './proxies.ts';

export interface TrafficOptions {
  /** Of each measurement. */
  readonly seconds: number;
  readonly rounds: number;
  /** Parts of names of proxies, lower case; empty: all. */
  readonly only: readonly string[];
}

interface Rate {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** CPU of the proxy per request. */
  readonly cpuMicros: number;
  /** Share of the time its core was busy with it. */
  readonly busy: number;
  readonly errors: number;
}

interface Entrant extends Running {
  readonly url: string;
  readonly rates: Rate[];
}

const CONNECTIONS = 32;
const FIRST_PORT = 5_801;
const LEAST_RATIO = 0.97;
const MOST_CPU_RATIO = 1.03;

/** Requests per second through each proxy, in interleaved rounds. */
export async function measureTraffic(resources: Resources, options: TrafficOptions): Promise<readonly Verdict[]> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-bench-lb-'));
  resources.add(`directory ${dir}`, () => rm(dir, { recursive: true, force: true }));
  const url = `http://${SERVERS[0]}:${SERVER_PORT}/`;
  await startProgram(resources, join(dir, 'origin'), { proxy: origin(), core: WRK_CORE, url, host: 'origin' });
  for (const row of [['a request', 'Drover', 'HAProxy by hand'], ['---', '---', '---'], ...MANNERS]) printRow(row);
  console.log();
  printRow(['what', 'proxy', 'requests/s', 'p99', 'CPU per request', 'busy', 'errors']);
  printRow(Array.from({ length: 7 }, () => '---'));
  const verdicts: Verdict[] = [];
  for (const job of JOBS)
    verdicts.push(...(await measureJob(resources, join(dir, String(job.hosts.length)), job, options)));
  console.log();
  return verdicts;
}

async function measureJob(
  resources: Resources,
  dir: string,
  job: Job,
  { seconds, rounds, only }: TrafficOptions,
): Promise<readonly Verdict[]> {
  const makers = [drover, bareHaproxy, nginx, caddy];
  const entrants: Entrant[] = [];
  for (const [at, make] of makers.entries())
    entrants.push(await enter(resources, join(dir, String(at)), job, { make, port: FIRST_PORT + at }));
  const script = join(dir, 'hosts.lua');
  await writeFile(script, rotatingHosts(job.hosts));
  const isWanted = ({ name }: Entrant) => only.length === 0 || only.some((part) => name.toLowerCase().includes(part));
  const chosen = entrants.filter(isWanted);
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < chosen.length; at += 1) {
      const entrant = chosen[(at + round) % chosen.length] as Entrant;
      entrant.rates.push(await measure(entrant, script, seconds));
    }
    console.error(`${job.title}: round ${round + 1} of ${rounds} is done`);
  }
  for (const entrant of chosen) printRow([job.title, ...cellsOf(entrant)]);
  for (const entrant of entrants) await entrant.stop();
  return ratiosOf(job, chosen);
}

async function enter(
  resources: Resources,
  dir: string,
  job: Job,
  { make, port }: { readonly make: (job: Job, place: Place) => Program | Promise<Program>; readonly port: number },
): Promise<Entrant> {
  const url = `http://127.0.0.1:${port}/`;
  const host = job.hosts.at(-1) ?? '';
  const running = await startProgram(resources, dir, {
    proxy: await make(job, { port, dir }),
    core: PROXY_CORE,
    url,
    host,
  });
  return { ...running, url, rates: [] };
}

async function measure({ url, pid }: Entrant, script: string, seconds: number): Promise<Rate> {
  const order = { url, connections: CONNECTIONS, script };
  await runWrk({ ...order, seconds: 1 });
  const [cpu, beganAt] = [cpuSeconds(pid), performance.now()];
  const { requests, perSecond, p99Ms, errors } = await runWrk({ ...order, seconds });
  const used = cpuSeconds(pid) - cpu;
  const busy = used / ((performance.now() - beganAt) / 1_000);
  return { perSecond, p99Ms, errors, cpuMicros: (used * 1e6) / requests, busy };
}

function cellsOf({ name, rates }: Entrant): readonly string[] {
  const middle = (of: (rate: Rate) => number) => percentile(rates.map(of), 0.5);
  const errors = rates.reduce((sum, rate) => sum + rate.errors, 0);
  return [
    name,
    middle(({ perSecond }) => perSecond).toFixed(0),
    `${middle(({ p99Ms }) => p99Ms).toFixed(2)} ms`,
    `${middle(({ cpuMicros }) => cpuMicros).toFixed(1)} us`,
    `${(middle(({ busy }) => busy) * 100).toFixed(0)} %`,
    String(errors),
  ];
}

/** Drover beside each other entrant: the medians of the ratios within each round. */
function ratiosOf({ title }: Job, [ours, ...others]: readonly Entrant[]): readonly Verdict[] {
  return others.flatMap(({ name, rates }, at) => {
    const ratio = (of: (rate: Rate) => number) =>
      percentile(
        rates.map((rate, round) => of(ours?.rates[round] ?? rate) / of(rate)),
        0.5,
      );
    const perSecond = ratio((rate) => rate.perSecond);
    // The goal is HAProxy by hand. The others are shown.
    if (at > 0) return [shown(`${title}: requests per second, ratio to ${name}`, perSecond)];
    const cpu = ratio(({ cpuMicros }) => cpuMicros);
    return [
      atLeast(`${title}: requests per second, ratio to ${name}`, perSecond, LEAST_RATIO),
      limit(`${title}: CPU per request, ratio to ${name}`, cpu, MOST_CPU_RATIO, ''),
    ];
  });
}

function shown(what: string, value: number): Verdict {
  return { what, target: '', measured: value.toFixed(2), met: true };
}
