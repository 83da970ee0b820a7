import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon } from '../../test/support/daemon.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import { largeSet } from '../support/data-set.ts';
import { movedContainer } from '../support/facts.ts';
import { serveBenchFeed } from '../support/feed.ts';
import { cpuSeconds, residentBytes } from '../support/process-cost.ts';
import { monotonicMs, openCrowd, pathOfPoll } from './long-polls.ts';

export interface LargeCost {
  /** Resident memory above an empty Node process, in bytes: when it serves, after the changes, and after whole trees were read. */
  readonly loadedBytes: number;
  readonly changedBytes: number;
  readonly readBytes: number;
  /** CPU of the metadata process from a change to the answered `version`, in milliseconds, mean of all changes. */
  readonly cpuMsPerChange: number;
  /** From the write of a change to the reply at a waiting client, in milliseconds. */
  readonly answeredMs: readonly number[];
  /** The same for each of a hundred waiting clients. */
  readonly hundredMs: readonly number[];
  /** The reply time of an echo server to a hundred simultaneous clients, in milliseconds. */
  readonly echoMs: readonly number[];
}

const PORT = 5_790;
const CHANGES = 100;
const HUNDRED_CHANGES = 50;
const ECHO = `
  const server = require('node:net').createServer((socket) => socket.on('data', (bytes) => socket.write(bytes)));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

/** `drover metadata` fed with 20,000 containers. */
export async function measureLarge(resources: Resources, dir: string): Promise<LargeCost> {
  await mkdir(join(dir, 'run'), { recursive: true });
  await mkdir(join(dir, 'data'), { recursive: true });
  const set = largeSet();
  const feed = await serveBenchFeed(resources, join(dir, 'run/feed.sock'), { set, role: 'metadata' });
  const config = join(dir, 'drover.yaml');
  await writeFile(
    config,
    JSON.stringify({ dataDir: join(dir, 'data'), runDir: join(dir, 'run'), log: { format: 'json' } }),
  );
  const daemon = startDaemon('bin/drover', ['metadata', '--config', config, '--listen', `127.0.0.1:${PORT}`]);
  resources.add('drover metadata', () => daemon.stop());
  const read = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${PORT}${path}`)).text();
  await poll(() => read('/latest/version').catch(() => null), {
    what: 'metadata',
    timeoutMs: 60_000,
    giveUp: daemon.assertRunning,
  });
  const empty = await emptyNodeBytes(resources);
  const loadedBytes = residentBytes(daemon.pid) - empty;
  const answeredMs: number[] = [];
  const change = async (n: number): Promise<void> => {
    const version = await read('/latest/version');
    const waiting = read(`/latest/version?wait=true&value=${version}&maxWait=60`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { writtenNs } = await feed.change(...movedContainer(set, `10.127.${n >> 8}.${n & 255}`));
    await waiting;
    answeredMs.push(Number(process.hrtime.bigint() - writtenNs) / 1e6);
  };
  for (let n = 0; n < 20; n += 1) await change(n);
  const before = cpuSeconds(daemon.pid);
  answeredMs.length = 0;
  for (let n = 20; n < 20 + CHANGES; n += 1) await change(n);
  const cpuMsPerChange = ((cpuSeconds(daemon.pid) - before) * 1_000) / CHANGES;
  const { hundredMs, echoMs } = await measureHundred(resources, async (n) => {
    const { writtenNs } = await feed.change(...movedContainer(set, `10.126.${n >> 8}.${n & 255}`));
    return Number(writtenNs) / 1e6;
  });
  const changedBytes = residentBytes(daemon.pid) - empty;
  for (const version of ['2015-12-19', '2016-07-29']) await read(`/${version}/containers`);
  return {
    loadedBytes,
    changedBytes,
    readBytes: residentBytes(daemon.pid) - empty,
    cpuMsPerChange,
    answeredMs,
    hundredMs,
    echoMs,
  };
}

/** `change` writes a change and resolves with the time of the write, in milliseconds of the monotonic clock. */
async function measureHundred(resources: Resources, change: (n: number) => Promise<number>) {
  const echo = startDaemon(process.execPath, ['-e', ECHO]);
  resources.add('echo', () => echo.stop());
  const echoPort = await poll(() => Number(echo.stdout()) || null, { what: 'an echo', giveUp: echo.assertRunning });
  const [waiters, control] = [await openCrowd(PORT, 100), await openCrowd(echoPort, 100)];
  resources.add('waiters', () => waiters.close());
  resources.add('control', () => control.close());
  const hundredMs: number[] = [];
  const echoMs: number[] = [];
  for (let n = 0; n < HUNDRED_CHANGES; n += 1) {
    waiters.ask(pathOfPoll(await (await fetch(`http://127.0.0.1:${PORT}/latest/version`)).text()));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const written = await change(n);
    hundredMs.push(...(await waiters.answered(written)).times);
    const asked = monotonicMs();
    control.ask('/');
    echoMs.push(...(await control.answered(asked)).times);
  }
  return { hundredMs, echoMs };
}

async function emptyNodeBytes(resources: Resources): Promise<number> {
  const daemon = startDaemon('node_modules/.bin/node', ['-e', 'console.log("up"); setInterval(() => undefined, 1e6)']);
  resources.add('empty Node', () => daemon.stop());
  await poll(() => daemon.stdout().includes('up'), { what: 'an empty Node process', giveUp: daemon.assertRunning });
  return residentBytes(daemon.pid);
}
