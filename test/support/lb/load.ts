import { resolve } from 'node:path';
import type { Daemon } from '../daemon.ts';
import { poll } from '../poll.ts';
import type { Resources } from '../resources.ts';
import type { LoadResult, LoadTally } from './tally.ts';

/** A name behind a load balancer, and what answers it. */
export interface LoadTarget {
  readonly protocol: 'http' | 'https';
  readonly address: string;
  readonly port: number;
  /** The header Host, and SNI. */
  readonly host: string;
  /** The service of `echo-app.ts`. Null: any web server with a page `/` that says who has sent it; it gets requests only, and no WebSockets and uploads. */
  readonly service: string | null;
}

/** Requests, WebSockets and uploads go to the targets in turn. */
export interface LoadOrder {
  readonly targets: readonly LoadTarget[];
  readonly perSecond: number;
  /** How many are open at a time; each is closed after 2 to 5 s and opened again. */
  readonly webSockets: number;
  /** How many run at a time, one after the other, each for this long. */
  readonly uploads: number;
  readonly uploadSeconds: number;
}

/** Clients that send requests at a steady rate, and count what they see. They repeat nothing. */
export interface Load {
  current(): LoadTally;
  /** Waits for this many more complete requests. */
  more(requests: number): Promise<void>;
  stop(): Promise<LoadResult>;
}

/** Where the clients run: a test host, or this machine with `startDaemon`. */
export interface LoadPlace {
  start(file: string, args: readonly string[]): Daemon;
}

const CLIENT = resolve(import.meta.dirname, 'load-client.ts');

/** Starts the clients as a process of their own. */
export async function startLoad(resources: Resources, place: LoadPlace, order: LoadOrder): Promise<Load> {
  const daemon = place.start(process.execPath, [CLIENT, JSON.stringify(order)]);
  resources.add('load', () => daemon.stop());
  const lines = (): readonly string[] => daemon.stdout().split('\n').slice(0, -1);
  const current = (): LoadTally => JSON.parse(lines().at(-1) ?? 'null') as LoadTally;
  const more = async (requests: number): Promise<void> => {
    const wanted = current().requests + requests;
    await poll(() => current().requests >= wanted, {
      what: `${requests} more requests`,
      timeoutMs: 60_000,
      giveUp: daemon.assertRunning,
    });
  };
  await poll(() => lines().length > 0, { what: 'the load', giveUp: daemon.assertRunning });
  return {
    current,
    more,
    stop: async () => {
      daemon.signal('SIGTERM');
      await daemon.exit;
      // What it has printed may arrive after its end.
      return poll(() => (current() as Partial<LoadResult>).p50Ms !== undefined && (current() as LoadResult), {
        what: 'the result of the load',
      });
    },
  };
}
