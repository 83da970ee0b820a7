import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, startDaemon } from '../../support/daemon.ts';
import { poll } from '../../support/poll.ts';
import type { Resources } from '../../support/resources.ts';
import { query } from '../wire/build.ts';
import { TYPE } from '../wire/codes.ts';
import { askTcp } from '../wire/tcp.ts';
import { askUdp } from '../wire/udp.ts';
import { ZONE } from '../zone/zone.ts';
import type { Place } from './target.ts';

const START = new URL('../../../.tools/peers/start', import.meta.url).pathname;

/** Starts a server that `scripts/fetch-peers` unpacked, with its own directory, and waits until it answers for the zone. */
export async function startProgram(
  resources: Resources,
  place: Place,
  program: string,
  configure: (directory: string) => Promise<readonly string[]>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), `drover-rfc-${program}-`));
  resources.add(`directory of ${program}`, () => rm(directory, { recursive: true, force: true }));
  const daemon = startDaemon(START, [program, ...(await configure(directory))]);
  resources.add(program, () => daemon.stop());
  await untilServing(daemon, place, program);
}

/** Resolves when the server answers for the zone, over TCP and UDP. */
export async function untilServing(daemon: Daemon, { at }: Place, program: string): Promise<void> {
  const [first] = at;
  if (!first) throw new Error('no address to listen at');
  // TCP first: before the server listens, TCP is refused at once while UDP is lost.
  for (const ask of [askTcp, askUdp]) {
    await poll(async () => (await ask(first, query(ZONE, { type: TYPE.SOA })))?.aa, {
      what: `${program} to answer at ${first.address} port ${first.port}`,
      timeoutMs: 50_000,
      giveUp: daemon.assertRunning,
    });
  }
}
