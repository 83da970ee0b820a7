import { batches } from '../../haproxy/index.ts';
import type { Clock } from '../../system/index.ts';
import { runTimeMap } from '../render/index.ts';
import { parseBlocks, parseInfo, parseMapEntries, parseMapFiles } from './parse-replies.ts';
import type { MapChange, RunningMaps } from './place-backends.ts';

export interface LiveMapsDependencies {
  readonly clock: Clock;
  /** Sends commands to the stats socket of the running HAProxy, and gives the reply. */
  readonly ask: (commands: string) => Promise<string>;
}

/** How long what was read counts, apart from the changes that were read back. */
const FRESH_MS = 10_000;

/** The maps of the running HAProxy whose entries change at run time: reads them, and then follows its own changes. */
export class LiveMaps {
  readonly #deps;
  #worker: number | null = null;
  #files: ReadonlyMap<string, string> = new Map();
  #maps: RunningMaps = new Map();
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(deps: LiveMapsDependencies) {
    this.#deps = deps;
  }

  /** `worker`: pid of the running process. The same object as before if nothing was read or changed. */
  async observe(worker: number): Promise<RunningMaps> {
    const now = this.#deps.clock.monotonic();
    if (this.#worker === worker && now - this.#readMs < FRESH_MS) return this.#maps;
    const files = parseMapFiles(await this.#deps.ask('show map'));
    this.#files = new Map(files.flatMap((file) => [[runTimeMap(file) ?? '', file] as const]).filter(([map]) => map));
    this.#maps = await this.#read([...this.#files.keys()], worker);
    this.#worker = worker;
    this.#readMs = now;
    return this.#maps;
  }

  /** The last that was read. */
  get current(): RunningMaps {
    return this.#maps;
  }

  /** Makes changes and reads them back. Rejects if HAProxy has not made one of them. */
  async apply(changes: readonly MapChange[]): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (worker === null) throw new Error('the maps of HAProxy are not known');
    const replies: string[] = [];
    for (const { text } of batches(changes, (change) => this.#command(change), ';'))
      replies.push(await this.#deps.ask(text));
    const touched = await this.#read([...new Set(changes.map(({ map }) => map))], worker);
    this.#maps = new Map([...this.#maps, ...touched]);
    this.#worker = worker;
    const failed = changes.filter(({ map, key, value }) => (touched.get(map)?.get(key) ?? null) !== value);
    if (failed.length === 0) return;
    const keys = failed.map(({ key }) => key).join(', ');
    throw new Error(`HAProxy does not take the rules ${keys}: ${replies.join('').trim() || 'it says nothing'}`);
  }

  #command({ map, key, value, isKnown }: MapChange): string {
    const file = this.#files.get(map);
    if (value === null) return `del map ${file} ${key}`;
    return `${isKnown ? 'set' : 'add'} map ${file} ${key} ${value}`;
  }

  async #read(maps: readonly string[], worker: number): Promise<RunningMaps> {
    const commands = ['show info', ...maps.map((map) => `show map ${this.#files.get(map)}`)];
    const reply = await this.#deps.ask(commands.join(';'));
    const blocks = parseBlocks(reply);
    if (blocks.length !== commands.length) throw new Error('HAProxy sent no complete reply');
    if (parseInfo(reply)?.pid !== worker) throw new Error('HAProxy was replaced meanwhile');
    return new Map(maps.map((map, at) => [map, parseMapEntries(blocks[at + 1] ?? [])]));
  }
}
