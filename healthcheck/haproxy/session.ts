import { askHaproxy, followEvents, HaproxySilentError } from '../../haproxy/index.ts';
import type { Clock, WakeUp } from '../../system/index.ts';
import { addServers, removeServers, stateCommand } from './apply.ts';
import type { Backend } from './backend.ts';
import { parseEvent } from './parse-event.ts';
import { parseStat } from './parse-stat.ts';
import { type Change, type Observed, plan } from './plan.ts';
import type { Server } from './server.ts';

export interface SessionDependencies {
  readonly clock: Clock;
  readonly files: { readonly socket: string; readonly map: string };
  /** Woken when the servers have changed. */
  readonly wakeUp: WakeUp;
  readonly servers: () => ReadonlyMap<string, Server>;
  /** Whether HAProxy may be restarted now; else, after how many milliseconds. */
  readonly restartInMs: () => number;
  readonly stateOf: (name: string) => State;
  /** Takes what HAProxy says about a server and gives what is known now. */
  readonly take: (name: string, event: SessionEvent) => State;
  readonly onConnected: () => void;
  /** Servers that HAProxy does not accept, with its reply. */
  readonly onRefused: (refused: ReadonlyMap<string, string>) => void;
}

type State = 'unknown' | 'up' | 'down';
export type SessionEvent =
  | { readonly kind: 'result'; readonly passed: boolean; readonly up: boolean; readonly text: string }
  | { readonly kind: 'observed'; readonly up: boolean; readonly text: string }
  | { readonly kind: 'added' };

/** How often the whole state of HAProxy is read, in case a line of its log was lost. */
const OBSERVE_INTERVAL_MS = 60_000;

/** How often HAProxy must reply, in case it is frozen. */
const ALIVE_INTERVAL_MS = 2_000;

const ASK_TIMEOUT_MS = 2_000;

/** `ended`: HAProxy has exited, or `signal` has aborted. `restart`: it lacks backends. `silent`: it does not reply. */
export type SessionEnd =
  | { readonly kind: 'ended' | 'silent' }
  | { readonly kind: 'restart'; readonly backends: readonly Backend[] };

/** Keeps one running HAProxy in step with the wanted servers. Rejects when HAProxy cannot be reached. */
export async function runSession(deps: SessionDependencies, signal: AbortSignal): Promise<SessionEnd> {
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  const session = new Session(deps, until);
  const stream = await followEvents(deps.files.socket, 'events', {
    onLine: (line) => session.takeLine(line),
    signal: until,
  });
  void stream.ended.then(() => {
    ended.abort();
    deps.wakeUp.wake();
  });
  deps.onConnected();
  try {
    return await session.run();
  } catch (error) {
    if (until.aborted) return { kind: 'ended' };
    if (error instanceof HaproxySilentError) return { kind: 'silent' };
    throw error;
  } finally {
    ended.abort();
    await stream.ended;
  }
}

class Session {
  readonly #deps;
  readonly #signal;
  /** Commands of events, sent together in the next pass. */
  readonly #corrections = new Map<string, string>();
  #repliedMs = Number.NEGATIVE_INFINITY;
  #observed: Observed = { backends: new Set(), servers: new Map() };

  constructor(deps: SessionDependencies, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  readonly #ask = async (commands: string): Promise<string> => {
    const { files, clock } = this.#deps;
    const reply = await askHaproxy(files.socket, commands, { signal: this.#signal, timeoutMs: ASK_TIMEOUT_MS });
    this.#repliedMs = clock.monotonic();
    return reply;
  };

  takeLine(line: string): void {
    const event = parseEvent(line);
    if (event === null) return;
    const { server, ...result } = event;
    const state = this.#deps.take(server, { kind: 'result', ...result });
    const backend = this.#deps.servers().get(server)?.backend.name;
    if (state === 'unknown' || backend === undefined) return;
    // The results before the last restart of HAProxy counted, too: it must count on from the new state.
    if ((state === 'up') === event.up) return;
    this.#corrections.set(server, stateCommand(backend, server, state));
    this.#deps.wakeUp.wake();
  }

  async run(): Promise<SessionEnd> {
    const { clock, wakeUp, restartInMs } = this.#deps;
    let observeAtMs = clock.monotonic();
    while (!this.#signal.aborted) {
      if (clock.monotonic() >= observeAtMs) {
        await this.#observe();
        observeAtMs = clock.monotonic() + OBSERVE_INTERVAL_MS;
      }
      await this.#correct();
      const backends = await this.#pass();
      if (backends !== null && restartInMs() <= 0) return { kind: 'restart', backends };
      if (clock.monotonic() - this.#repliedMs >= ALIVE_INTERVAL_MS) await this.#ask('show cli level');
      const pauseMs = Math.min(ALIVE_INTERVAL_MS, backends === null ? ALIVE_INTERVAL_MS : Math.max(0, restartInMs()));
      await wakeUp.wait(pauseMs, this.#signal);
    }
    return { kind: 'ended' };
  }

  /** Makes all changes that need no restart; gives the backends for a restart if one is needed. */
  async #pass(): Promise<readonly Backend[] | null> {
    const desired = [...this.#deps.servers().values()];
    const { backends } = this.#observed;
    await this.#apply(
      plan(
        desired.filter(({ backend }) => backends.has(backend.name)),
        this.#observed,
      ),
    );
    const [first] = plan(desired, this.#observed);
    return first?.kind === 'restart' ? first.backends : null;
  }

  async #apply(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    const { stateOf, take, onRefused, files } = this.#deps;
    const removed = changes.filter((change) => change.kind === 'remove');
    const added = changes.flatMap((change) => (change.kind === 'add' ? [change.server] : []));
    await removeServers({ ask: this.#ask, map: files.map }, removed);
    for (const { name } of added) take(name, { kind: 'added' });
    const refused = await addServers({ ask: this.#ask, map: files.map, stateOf }, added);
    // A refused server counts as present: it is tried again after the next look at HAProxy.
    const servers = new Map(this.#observed.servers);
    for (const { name } of removed) servers.delete(name);
    for (const { name, backend } of added) servers.set(name, backend.name);
    this.#observed = { ...this.#observed, servers };
    onRefused(refused);
  }

  async #correct(): Promise<void> {
    const commands = [...this.#corrections.values()];
    this.#corrections.clear();
    for (let at = 0; at < commands.length; at += 100) await this.#ask(commands.slice(at, at + 100).join(';'));
  }

  async #observe(): Promise<void> {
    const stat = parseStat(await this.#ask('show stat'));
    if (stat === null) throw new Error('HAProxy sent no complete reply to "show stat"');
    this.#observed = {
      backends: new Set(stat.backends),
      servers: new Map(stat.servers.filter(({ enabled }) => enabled).map(({ server, backend }) => [server, backend])),
    };
    for (const { server, checked } of stat.servers) {
      if (checked !== null) this.#deps.take(server, { kind: 'observed', ...checked });
    }
  }
}
