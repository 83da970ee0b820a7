import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSet } from '../../support/data-set.ts';
import { type BenchFeed, serveBenchFeed } from '../../support/feed.ts';
import { answersFile } from './answers-file.ts';
import { type Contestant, type Stage, type Started, startOnServerCore } from './contestant.ts';

export type Listening = 'batched' | 'dgram';

/** `drover dns` as the agent runs it: fed with the state. */
export function drover(
  listening: Listening,
  more: Pick<Contestant, 'shortNames'> & { readonly title?: string } = {},
): Contestant {
  const { title = `Drover (${listening})`, ...rest } = more;
  return { name: title, ...rest, start: async (stage) => (await startFed(stage, listening)).started };
}

/** `drover dns --answers FILE`, the replacement of rancher-dns. */
export function droverWithAnswers(listening: Listening): Contestant {
  return {
    name: `Drover (${listening}, answers file)`,
    start: async (stage) => {
      const answers = await answersFile(stage);
      return startDrover(stage, listening, ['--answers', answers]);
    },
  };
}

/** With access to the feed, for changes. */
export async function startFed(
  stage: Stage,
  listening: Listening,
): Promise<{ readonly started: Started; readonly feed: BenchFeed }> {
  const feed = await serveFeedFor(stage, stage.set);
  return { started: await startDrover(stage, listening, []), feed };
}

async function serveFeedFor({ resources, dir }: Stage, set: DataSet): Promise<BenchFeed> {
  await mkdir(join(dir, 'run'), { recursive: true });
  return serveBenchFeed(resources, join(dir, 'run/feed.sock'), { set, role: 'dns' });
}

async function startDrover(stage: Stage, listening: Listening, more: readonly string[]): Promise<Started> {
  const { dir, port } = stage;
  const config = join(dir, 'drover.yaml');
  // No query may leave the machine: no server answers at this address.
  const dns = { batching: listening === 'batched' ? 'auto' : 'off', upstreams: ['127.0.0.1:9'] };
  const settings = { dataDir: join(dir, 'data'), runDir: join(dir, 'run'), log: { format: 'json' }, dns };
  await mkdir(settings.dataDir, { recursive: true });
  await mkdir(settings.runDir, { recursive: true });
  await writeFile(config, JSON.stringify(settings));
  const args = ['dns', '--config', config, '--listen', `127.0.0.1:${port}`, ...more];
  return startOnServerCore(stage, 'bin/drover', args);
}
