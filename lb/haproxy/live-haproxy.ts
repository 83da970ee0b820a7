import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { askHaproxy, batches, HaproxySilentError } from '../../haproxy/index.ts';
import type { Clock } from '../../system/index.ts';
import { childrenOf } from './children-of.ts';
import type { LbFiles } from './lb-files.ts';
import {
  boundPorts,
  parseInfo,
  parseServersState,
  type RunningServer,
  type RunningServers,
  type WorkerInfo,
} from './parse-replies.ts';
import type { BackendChange, ObservedServers, ServerChange } from './plan-servers.ts';
import { serverCommands } from './server-commands.ts';

/** How long what was read counts, apart from the changes that were read back. */
const FRESH_MS = 10_000;
const ALIVE_MS = 2_000;
const ASK_TIMEOUT_MS = 2_000;
/** A server that still has connections cannot be removed: how often it is tried again. */
const REMOVE_AGAIN_MS = { min: 100, max: 1_000 } as const;

/** Of the mask of pending signals. */
const SIGUSR2_BIT = 1n << BigInt(constants.signals.SIGUSR2 - 1);

type Servers = ReadonlyMap<string, RunningServer>;

interface Out {
  readonly sinceMs: number;
  readonly tries: number;
  readonly dueMs: number;
  readonly isShut: boolean;
}

/** The running HAProxy over its sockets: what it has, read once and then kept up to date with each change. */
export class LiveHaproxy {
  readonly #clock;
  readonly #masterPid;
  readonly #files;
  #worker: WorkerInfo | null = null;
  #servers = new Map<string, Servers>();
  #ports: ReadonlySet<number> = new Set();
  #out = new Map<string, Out>();
  #generations = 1;
  #readMs = Number.NEGATIVE_INFINITY;
  #repliedMs = Number.NEGATIVE_INFINITY;
  #serverChanges = 0;

  /** `masterPid`: of the process that starts the workers; null: not known yet. */
  constructor(
    { clock, masterPid }: { readonly clock: Clock; readonly masterPid: () => number | null },
    files: LbFiles,
  ) {
    this.#clock = clock;
    this.#masterPid = masterPid;
    this.#files = files;
  }

  /** Null: it does not run. */
  get worker(): WorkerInfo | null {
    return this.#worker;
  }

  get servers(): RunningServers {
    return this.#servers;
  }

  /** The ports of the configuration that it has. */
  get ports(): ReadonlySet<number> {
    return this.#ports;
  }

  get generations(): number {
    return this.#worker === null ? 0 : this.#generations;
  }

  get serverChanges(): number {
    return this.#serverChanges;
  }

  /** Servers in maintenance, for `plan`. */
  out(): ObservedServers['out'] {
    const now = this.#clock.monotonic();
    return new Map(
      [...this.#out].map(([key, { sinceMs, dueMs, isShut }]) => [key, { sinceMs, isDue: dueMs <= now, isShut }]),
    );
  }

  get hasOut(): boolean {
    return this.#out.size > 0;
  }

  /** Brings what is known up to date. Rejects if HAProxy does not reply; gives false if it does not run. During a reload another worker can come. */
  async look(isReloading: boolean, signal: AbortSignal): Promise<boolean> {
    const now = this.#clock.monotonic();
    try {
      if (this.#worker === null || now - this.#readMs >= FRESH_MS) await this.#readAll(signal);
      else if (isReloading || now - this.#repliedMs >= ALIVE_MS) await this.#checkWorker(signal);
      if (this.#generations > 1) await this.#countGenerations();
    } catch (error) {
      this.forget();
      if (error instanceof HaproxySilentError || signal.aborted) throw error;
    }
    return this.#worker !== null;
  }

  /** What was read does not count any more. */
  forget(): void {
    this.#worker = null;
  }

  /** Makes changes of servers and reads them back. Rejects if HAProxy has not made one of them. */
  async change(backends: readonly BackendChange[], signal: AbortSignal): Promise<void> {
    for (const { text, items } of batches(backends, serverCommands, ';')) {
      const reply = await this.ask(`show info;${text}`, signal);
      if (parseInfo(reply)?.pid !== this.#worker?.pid) {
        // The next look reads what the other worker has.
        this.forget();
        return;
      }
      const names = items.map(({ section }) => section);
      const servers = parseServersState(reply, names) ?? (await this.#readServers(names, signal));
      for (const [name, has] of servers) this.#setBackend(name, has);
      for (const { section, servers: changes } of items) for (const change of changes) this.#note(section, change);
      const failed = items.flatMap(({ section, servers: changes }) =>
        changes
          .filter((change) => !isMade(change, servers.get(section)?.get(change.name)))
          .map(({ name }) => `${section}/${name}`),
      );
      if (failed.length > 0) throw new Error(`HAProxy does not take ${failed.join(', ')}: ${refusalIn(reply)}`);
    }
  }

  /** Waits until the worker with this structure takes connections. False: it did not come in time. */
  async waitFor(structure: string, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const deadline = this.#clock.monotonic() + timeoutMs;
    while (this.#clock.monotonic() < deadline) {
      signal.throwIfAborted();
      const reply = await this.ask('show info', signal).catch(() => '');
      if (parseInfo(reply)?.structure === structure) {
        await this.#readAll(signal);
        if (this.#worker?.structure === structure) return true;
      }
      await this.#clock.sleep(10, signal);
    }
    return false;
  }

  /** Lets the master start a worker with the configuration of the file, and end the one before. */
  reload(): void {
    const pid = this.#masterPid();
    if (pid === null) throw new Error('HAProxy is not adopted yet');
    process.kill(pid, 'SIGUSR2');
    this.#generations = 2;
  }

  /** The process of the master if it has not reacted to `reload`, because it is stopped or hangs; else null. */
  async silentMaster(): Promise<number | null> {
    const pid = this.#masterPid();
    const status = pid === null ? '' : await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
    const pending = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
    return (BigInt(`0x${pending}`) & SIGUSR2_BIT) === 0n ? null : pid;
  }

  async ask(commands: string, signal: AbortSignal): Promise<string> {
    const reply = await askHaproxy(this.#files.admin, commands, { signal, timeoutMs: ASK_TIMEOUT_MS });
    this.#repliedMs = this.#clock.monotonic();
    return reply;
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const reply = await this.ask('show info;show servers state', signal);
    const [worker, servers] = [parseInfo(reply), parseServersState(reply, null)];
    if (worker === null || servers === null) throw new Error('HAProxy sent no complete reply');
    await this.#countGenerations();
    if (this.#worker?.pid !== worker.pid) {
      this.#out.clear();
      this.#servers.clear();
      this.#ports = boundPorts(await readFile(this.#files.config, 'utf8').catch(() => ''));
    }
    this.#worker = worker;
    this.#readMs = this.#clock.monotonic();
    // A backend without servers is in no line.
    const names = new Set([...this.#servers.keys(), ...servers.keys()]);
    for (const name of names) this.#setBackend(name, servers.get(name) ?? new Map());
  }

  async #readServers(names: readonly string[], signal: AbortSignal): Promise<RunningServers> {
    const reply = await this.ask(names.map((name) => `show servers state ${name}`).join(';'), signal);
    const servers = parseServersState(reply, names);
    if (servers === null) throw new Error('HAProxy sent no complete reply');
    return servers;
  }

  async #checkWorker(signal: AbortSignal): Promise<void> {
    const worker = parseInfo(await this.ask('show info', signal));
    if (worker?.pid !== this.#worker?.pid) await this.#readAll(signal);
  }

  async #countGenerations(): Promise<void> {
    const pid = this.#masterPid();
    // An agent that has just started does not know the master yet, and there may be an old worker: no reload until then.
    this.#generations = pid === null ? 2 : Math.max(1, (await childrenOf(pid)).length);
  }

  #setBackend(backend: string, servers: Servers): void {
    this.#servers.set(backend, servers);
    const now = this.#clock.monotonic();
    for (const [name, { isOut }] of servers) {
      const key = `${backend}/${name}`;
      if (!isOut) this.#out.delete(key);
      else if (!this.#out.has(key)) this.#out.set(key, { sinceMs: now, tries: 0, dueMs: now, isShut: false });
    }
    for (const key of this.#out.keys()) {
      const at = key.indexOf('/');
      if (key.slice(0, at) === backend && !servers.has(key.slice(at + 1))) this.#out.delete(key);
    }
  }

  /** Counts a change that was made, and when a removal is tried again. */
  #note(backend: string, change: ServerChange): void {
    const key = `${backend}/${change.name}`;
    const out = this.#out.get(key);
    const isAgain = change.kind === 'shut' || (change.kind === 'remove' && out !== undefined && out.tries > 0);
    if (!isAgain) this.#serverChanges += 1;
    if (out === undefined) return;
    if (change.kind === 'shut') this.#out.set(key, { ...out, isShut: true });
    if (change.kind !== 'remove') return;
    const waitMs = Math.min(REMOVE_AGAIN_MS.max, REMOVE_AGAIN_MS.min * 2 ** out.tries);
    this.#out.set(key, { ...out, tries: out.tries + 1, dueMs: this.#clock.monotonic() + waitMs });
  }
}

function isMade(change: ServerChange, has: RunningServer | undefined): boolean {
  if (change.kind === 'remove' || change.kind === 'shut') return true;
  if (has === undefined) return false;
  return change.kind === 'weight' ? has.weight === change.weight : has.isOut === (change.kind === 'drain');
}

/** What HAProxy says besides states and confirmations. */
function refusalIn(reply: string): string {
  const lines = reply
    .split('\n')
    .filter((line) => line !== '' && !/^(#|\d|[\w ]+: |New server|Server deleted)/.test(line));
  return lines.join(' ').slice(0, 300) || 'it says nothing';
}
