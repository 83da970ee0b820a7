import type Docker from 'dockerode';
import { createHostFact, createHostFacts } from '../../facts/index.ts';
import type { Host } from '../../model/index.ts';
import { createDockerSource } from '../../sources/index.ts';
import { advance, diffPictures, emptyPicture, emptyState, readMirror } from '../../state/index.ts';
import type { Clock, Log, RunCommand } from '../../system/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import type { Config } from '../config/config.ts';
import { environmentOf } from '../config/environment.ts';
import { mirrorFile } from '../config/paths.ts';
import { addressNow, initialHost } from '../host/local-source.ts';

const NEW_HOST = 'this-host';
const WITHIN_MS = 10_000;
const INTERVAL_MS = 50;

interface ScanDependencies {
  readonly docker: Docker;
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
}

/** The view that an agent would have now: Docker's containers, and what was saved of the other hosts. Null: Docker does not respond in time. */
export async function scanHost(
  { docker, clock, log, run }: ScanDependencies,
  config: Config,
): Promise<HostView | null> {
  await docker.ping();
  const { saved } = readMirror(mirrorFile(config));
  const hostId = saved?.hostId ?? NEW_HOST;
  const facts = createHostFacts({ log });
  const before = (saved?.picture.hosts.get(hostId)?.get('host') ?? null) as Host | null;
  const known = { before, address: await addressNow(run, config, before), incarnation: before?.incarnation ?? 1 };
  createHostFact(facts.part(['host']), initialHost(hostId, config, known));
  const source = createDockerSource(
    { docker, clock, log, facts: facts.part(['container/', 'network/']), setHost: () => {} },
    {
      hostId,
      managedNetworkName: config.network.name,
      resyncIntervalMs: config.docker.resyncIntervalMs,
      ourResolver: config.dns.address,
    },
  );
  const stop = new AbortController();
  const life = source.run(stop.signal);
  const deadline = clock.monotonic() + WITHIN_MS;
  while (!source.isComplete() && clock.monotonic() < deadline) await clock.sleep(INTERVAL_MS);
  stop.abort();
  await life;
  if (!source.isComplete()) return null;
  const hosts = new Map([...(saved?.picture.hosts ?? []), [hostId, facts.facts()] as const]);
  const picture = { hosts, documents: saved?.picture.documents ?? new Map(), complete: true };
  const empty = emptyState(environmentOf(config), hostId);
  const delta = diffPictures(emptyPicture, picture);
  return viewOf(delta === null ? empty.snapshot : advance(empty, delta, 1).state.snapshot, hostId);
}
