import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { followEvents } from '../../haproxy/runtime-api.ts';
import { haproxyFiles } from '../../healthcheck/index.ts';
import { composeUp, pidOf } from '../../test/support/containers.ts';
import { type Daemon, startDaemon } from '../../test/support/daemon.ts';
import { percentile } from '../../test/support/percentile.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import { type BareHost, createWorld, type Member, RESOLVER } from '../../test/support/world.ts';
import { printRow } from '../support/report.ts';
import { limit, type Verdict } from '../support/targets.ts';
import { writeBareConfig } from './bare-haproxy.ts';
import { CLOSED, type Kind, numberOf, SUBNET, serviceName } from './crowd.ts';
import type { CrowdHostSettings } from './crowd-host.ts';

const HAPROXY = new URL('../../test/support/haproxy', import.meta.url).pathname;
const MOST_MORE_MS = 100;

/** Number of the target -> time in milliseconds since the epoch. */
type Times = ReadonlyMap<number, number>;

interface Place {
  readonly crowd: BareHost;
  readonly beta: Member;
  readonly consul: readonly string[];
}

/** Closes ports on one host, and measures when their addresses leave the DNS of the other one. */
export async function measureLatency(resources: Resources): Promise<readonly Verdict[]> {
  const config = () => ({ health: { haproxy: HAPROXY } });
  const world = await createWorld(resources, { names: ['beta'], bare: ['crowd'], bus: 'consul', config });
  const place = {
    crowd: world.bare[0] as BareHost,
    beta: world.members[0] as Member,
    consul: world.consul?.urls ?? [],
  };
  await place.crowd.host.run('ip', ['route', 'add', 'local', SUBNET, 'dev', 'lo']);
  await composeUp(place.beta, 'bench', 'client', 1);
  printRow(['milliseconds', 'checks', 'p50', 'p90', 'p99', 'max']);
  printRow(['---', '---', '---', '---', '---', '---']);
  return [await measure(resources, place, 'tcp'), await measure(resources, place, 'http')];
}

async function measure(resources: Resources, { crowd, beta, consul }: Place, kind: Kind): Promise<Verdict> {
  const dir = crowd.host.dir;
  const file = join(dir, `closed-${kind}`);
  await writeFile(file, '');
  const listeners = crowd.host.start(process.execPath, [pathOf('listeners'), file]);
  await line(listeners, 'listening');
  const bare = await writeBareConfig(dir, kind);
  const bareHaproxy = crowd.host.start(HAPROXY, ['-q', '-db', '-f', bare.config]);
  const settings: CrowdHostSettings = {
    kind,
    address: crowd.address,
    consul,
    runDir: join(dir, kind),
    haproxy: HAPROXY,
  };
  const host = crowd.host.start(process.execPath, [pathOf('crowd-host'), JSON.stringify(settings)]);
  await line(host, 'voted');
  await poll(async () => (await votesOfBeta(beta)) === CLOSED.length, { what: 'the votes of beta', timeoutMs: 60_000 });
  const [bareDown, ownDown, betaDown] = await Promise.all(
    [bare.socket, haproxyFiles(settings.runDir).socket, haproxyFiles(beta.agent.runDir).socket].map((path) =>
      followDowns(resources, path),
    ),
  );
  const client = await pidOf(beta, 'bench-client-1');
  const asker = startDaemon('nsenter', [
    '-t',
    `${client}`,
    '-n',
    process.execPath,
    pathOf('name-watch'),
    RESOLVER,
    file,
  ]);
  resources.add('name watch', () => asker.stop());
  listeners.signal('SIGUSR1');
  await poll(() => timesOf(asker.stdout()).size === CLOSED.length, {
    what: 'all addresses to leave DNS',
    timeoutMs: 120_000,
    giveUp: asker.assertRunning,
  });
  // The bare HAProxy may be the last one.
  const saysAll = (downs: Times | undefined): boolean => CLOSED.every((n) => downs?.has(n));
  await poll(() => [bareDown, ownDown, betaDown].every(saysAll), {
    what: 'each HAProxy to say down',
    timeoutMs: 30_000,
  });
  const closed = timesOf(await readFile(file, 'latin1'));
  const gone = timesOf(asker.stdout());
  const later = new Map(
    CLOSED.map((n) => [n, Math.max(ownDown?.get(n) ?? Number.NaN, betaDown?.get(n) ?? Number.NaN)]),
  );
  const detected = print('closed until a bare HAProxy says down', kind, since(closed, bareDown ?? new Map()));
  print('closed until both of Drover say down', kind, since(closed, later));
  const left = print('closed until the address leaves DNS on the other host', kind, since(closed, gone));
  print('of these, since both of Drover say down', kind, since(later, gone));
  const isRemote = (n: number): boolean => (ownDown?.get(n) ?? 0) > (betaDown?.get(n) ?? 0);
  print('the same, if the other host says it last', kind, since(later, gone, CLOSED.filter(isRemote)));
  for (const one of [asker, host, bareHaproxy, listeners]) await one.stop();
  return limit(`leaves DNS later than a bare HAProxy says down, p99, ${kind}`, left - detected, MOST_MORE_MS, 'ms');
}

/** Gives the p99. */
function print(title: string, kind: Kind, samples: readonly number[]): number {
  if (samples.some(Number.isNaN)) throw new Error(`${title}: ${samples.filter(Number.isNaN).length} times are missing`);
  printRow([title, kind, ...[0.5, 0.9, 0.99, 1].map((share) => percentile(samples, share).toFixed(0))]);
  return percentile(samples, 0.99);
}

function since(from: Times, to: Times, numbers = CLOSED): readonly number[] {
  return numbers.map((number) => (to.get(number) ?? Number.NaN) - (from.get(number) ?? Number.NaN));
}

/** How many of the containers that will be closed both hosts say are up. */
async function votesOfBeta({ agent }: Member): Promise<number> {
  const rows = JSON.parse((await agent.drover(['health', '--json'])).stdout) as readonly {
    readonly container: string;
    readonly votes: readonly { readonly opinion: string }[];
  }[];
  const up = new Set(
    rows.filter(({ votes }) => votes.every(({ opinion }) => opinion === 'up')).map((row) => row.container),
  );
  return CLOSED.filter((number) => up.has(`bench-${serviceName(number)}-${number}`)).length;
}

/** When an HAProxy says of each server that it is down; filled while it runs. */
async function followDowns(resources: Resources, path: string): Promise<Times> {
  const times = new Map<number, number>();
  const end = new AbortController();
  const onLine = (text: string): void => {
    const [, name] = /^Server \S+\/(\S+) is DOWN/.exec(text) ?? [];
    if (name) times.set(name.startsWith('bare') ? Number(name.slice(4)) : numberOf(name), Date.now());
  };
  const { ended } = await followEvents(path, 'events', { onLine, signal: end.signal });
  resources.add(`events of ${path}`, async () => {
    end.abort();
    await ended;
  });
  return times;
}

function timesOf(lines: string): Times {
  const pairs = lines
    .split('\n')
    .slice(0, -1)
    .map((text) => text.split(' ').map(Number));
  return new Map(pairs.map(([number = 0, atMs = 0]) => [number, atMs]));
}

async function line(daemon: Daemon, text: string): Promise<void> {
  await poll(() => daemon.stdout().includes(`${text}\n`), {
    what: text,
    timeoutMs: 60_000,
    giveUp: daemon.assertRunning,
  });
}

function pathOf(name: string): string {
  return new URL(`./${name}.ts`, import.meta.url).pathname;
}
