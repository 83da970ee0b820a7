import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Resources } from '../../test/support/resources.ts';
import { type BenchRecord, type DataSet, recordsOf, SUFFIX } from '../support/data-set.ts';
import { residentBytes, signalFamily } from '../support/process-cost.ts';
import type { NativePrograms } from './native.ts';
import { type Contestant, untilAnswers } from './servers/contestant.ts';

/** A server that has the data set and waits, stopped (SIGSTOP), for its turn. */
export interface Entrant {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly echo: boolean;
  /** Whether it may be queried for names that do not exist. */
  readonly missing: boolean;
  /** File of the names to query. */
  readonly names: string;
  /** Time from the start of the process to the first answer, and the memory at that time. */
  readonly loadMs: number;
  readonly loadedBytes: number;
  /** Runs `work` while only this server is running. */
  awake<T>(work: () => Promise<T>): Promise<T>;
}

export interface Field {
  readonly dir: string;
  readonly programs: NativePrograms;
  readonly set: DataSet;
  readonly firstPort: number;
}

/** Starts the servers one after the other. One that cannot be started is reported and left out. */
export async function setUp(
  resources: Resources,
  field: Field,
  contestants: readonly Contestant[],
): Promise<readonly Entrant[]> {
  const records = recordsOf(field.set);
  const entrants: Entrant[] = [];
  for (const [index, contestant] of contestants.entries()) {
    try {
      entrants.push(await enter(resources, field, records, contestant, index));
      console.error(`  ${contestant.name} is ready`);
    } catch (error) {
      console.error(`  ${contestant.name} is left out: ${String(error)} ${String((error as Error).cause ?? '')}`);
      process.exitCode = 1;
    }
  }
  return entrants;
}

async function enter(
  resources: Resources,
  { dir, programs, set, firstPort }: Field,
  records: readonly BenchRecord[],
  contestant: Contestant,
  index: number,
): Promise<Entrant> {
  const own = join(dir, `${firstPort + index}`);
  await mkdir(own, { recursive: true });
  const port = firstPort + index;
  const names = join(own, 'names');
  await writeFile(names, namesFile(contestant, records));
  const began = performance.now();
  const started = await contestant.start({ resources, set, records, dir: own, port, programs });
  const ready = async (): Promise<void> => {
    const record = records.at(-1);
    if (contestant.echo || !record) return;
    const name = contestant.nameOf?.(record) ?? record.name;
    await untilAnswers(port, name, record.addresses.length, started.daemon);
  };
  await ready();
  const loadMs = performance.now() - began;
  const { pid } = started.daemon;
  const loadedBytes = residentBytes(pid);
  signalFamily(pid, 'SIGSTOP');
  return {
    ...{
      name: contestant.name,
      pid,
      port,
      names,
      echo: contestant.echo ?? false,
      missing: !contestant.shortNames,
      loadMs,
      loadedBytes,
    },
    awake: async (work) => {
      signalFamily(pid, 'SIGCONT');
      await ready();
      try {
        return await work();
      } finally {
        signalFamily(pid, 'SIGSTOP');
      }
    },
  };
}

function namesFile({ nameOf, shortNames }: Contestant, records: readonly BenchRecord[]): string {
  const short = (name: string) => name.slice(0, -SUFFIX.length - 1);
  const written = records.map((record) => nameOf?.(record) ?? (shortNames ? short(record.name) : record.name));
  return `${written.map((name) => `${name} A`).join('\n')}\n`;
}
