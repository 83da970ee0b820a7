import { resolve } from 'node:path';
import { composeUp } from '../../test/support/containers.ts';
import { percentile } from '../../test/support/percentile.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import { createWorld, type Member } from '../../test/support/world.ts';
import { printRow } from '../support/report.ts';
import { limit, type Verdict } from '../support/targets.ts';
import type { Seen } from './service-watch.ts';

const HOST = 'web.example';
const LABELS = { 'drover.lb.host': HOST, 'drover.lb.port': '80' };
const HAPROXY = resolve('test/support/haproxy');
const MOST_MS = 100;
/** Serves for a second after SIGTERM. */
const COMMAND = ['sh', '-c', `trap '' TERM; mkdir -p /www && echo "$(hostname)" > /www/index.html && httpd -f -h /www`];

/** Milliseconds from Docker's event to the first reply of a container that starts, and to the last one of a container that is stopped. */
export async function measureChanges(resources: Resources, rounds: number): Promise<readonly Verdict[]> {
  const config = () => ({ lb: { haproxy: HAPROXY } });
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded', config });
  const alpha = members[0] as Member;
  await composeUp(alpha, 'shop', 'web', 1, { command: COMMAND, labels: LABELS });
  const watch = alpha.host.start(process.execPath, [resolve('bench/lb/service-watch.ts'), 'http://127.0.0.1/', HOST]);
  const seen = (): Readonly<Record<string, Seen>> => JSON.parse(watch.stdout().split('\n').at(-2) ?? '{}');
  const until = (what: string, condition: () => boolean) =>
    poll(condition, { what, timeoutMs: 30_000, giveUp: watch.assertRunning });
  await until('the first reply', () => seen()['web-1'] !== undefined);
  const events = await followEvents(alpha);
  const [visible, gone]: [number[], number[]] = [[], []];
  for (let number = 2; number < 2 + rounds; number += 1) {
    const [name, id] = [`shop-web-${number}`, `web-${number}`];
    await composeUp(alpha, 'shop', 'web', number, { command: COMMAND, labels: LABELS });
    await until(`a reply of ${name}`, () => seen()[id] !== undefined);
    const container = alpha.engine.docker.getContainer(name);
    await container.stop({ t: 1 });
    await container.remove();
    const times = await poll(() => timesOf(events, name), { what: `the events of ${name}` });
    const { firstMs = Number.NaN, lastMs = Number.NaN } = seen()[id] ?? {};
    visible.push(firstMs - times.start);
    gone.push(Math.max(0, lastMs - times.kill));
  }
  await watch.stop();
  printRow([`milliseconds, ${rounds} rounds`, 'p50', 'p90', 'p99', 'max']);
  printRow(['---', '---', '---', '---', '---']);
  const row = (samples: readonly number[]) => [0.5, 0.9, 0.99, 1].map((share) => percentile(samples, share).toFixed(1));
  printRow(['start event to the first reply of the container', ...row(visible)]);
  printRow(['stop signal to the last request that the container got', ...row(gone)]);
  console.log();
  return [
    limit('start event to the first reply, p99', percentile(visible, 0.99), MOST_MS, 'ms'),
    limit('stop signal to the last request, p99', percentile(gone, 0.99), MOST_MS, 'ms'),
  ];
}

interface Times {
  readonly start: number;
  readonly kill: number;
}

function timesOf(events: ReadonlyMap<string, Partial<Times>>, name: string): Times | null {
  const { start, kill } = events.get(name) ?? {};
  return start === undefined || kill === undefined ? null : { start, kill };
}

/** Docker's own time stamps, by name of the container; filled while it runs. */
async function followEvents({ engine }: Member): Promise<ReadonlyMap<string, Partial<Times>>> {
  const times = new Map<string, Partial<Times>>();
  const stream = await engine.docker.getEvents({ filters: { event: ['start', 'kill'] } });
  stream.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString('utf8').split('\n').filter(Boolean)) {
      const { Action, Actor, timeNano } = JSON.parse(line) as DockerEvent;
      const name = Actor.Attributes.name ?? '';
      const known = times.get(name) ?? {};
      // SIGKILL follows a second after SIGTERM.
      times.set(name, { [Action]: timeNano / 1e6, ...known });
    }
  });
  return times;
}

interface DockerEvent {
  readonly Action: string;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}
