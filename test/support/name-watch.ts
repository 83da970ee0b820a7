import { fileURLToPath } from 'node:url';
import { startDaemon } from './daemon.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';

const ASK = fileURLToPath(new URL('./ask.ts', import.meta.url));

export interface Sighting {
  /** Wall clock, milliseconds since the epoch. */
  readonly at: number;
  readonly rcode: number | string;
  /** Sorted. */
  readonly addresses: readonly string[];
}

/** The changes of a DNS server's answer, seen from inside a network namespace. */
export interface NameWatch {
  sightings(): readonly Sighting[];
  /** Waits for the first sighting after `afterMs` that satisfies `test`. */
  until(what: string, test: (sighting: Sighting) => boolean, afterMs?: number): Promise<Sighting>;
  stop(): Promise<void>;
}

/** Queries `server` for `name` every `intervalMs` from the network namespace of process `pid` (a container's first process). */
export function watchName(
  resources: Resources,
  pid: number,
  { server, name, intervalMs = 2 }: { readonly server: string; readonly name: string; readonly intervalMs?: number },
): NameWatch {
  const asker = startDaemon('nsenter', [
    '-t',
    String(pid),
    '-n',
    process.execPath,
    ASK,
    server,
    name,
    String(intervalMs),
  ]);
  resources.add(`watch of ${name}`, () => asker.stop());
  const sightings = (): readonly Sighting[] =>
    asker
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Sighting);
  return {
    sightings,
    until: (what, test, afterMs = 0) =>
      poll(() => sightings().find((sighting) => sighting.at >= afterMs && test(sighting)), {
        what: `${name}: ${what}`,
        intervalMs: 5,
        giveUp: asker.assertRunning,
      }),
    stop: () => asker.stop(),
  };
}
