import { type Clock, createListeners, createTimerWheel, type Log } from '../../system/index.ts';
import { type DampingSettings, defaultDampingSettings } from './damping.ts';
import { believe, createEntry, type Entry, forgive, type Moment, retarget, takeEvent } from './entry.ts';
import { NOT_SUSPENDED, suspend } from './suspend.ts';
import type { Opinion, Target } from './target.ts';
import type { TrackerEvent } from './tracker.ts';

/** Votes by container that have changed; null: this host has no vote about the container any more. */
export type VoteChanges = ReadonlyMap<string, Opinion | null>;

export interface OpinionSettings {
  /** This host. */
  readonly hostId: string;
  readonly damping?: DampingSettings;
  /** The opinion about a container that this host has published before, if any. */
  readonly recall?: (target: Target) => Opinion | null;
}

/** One check with a long interval must not keep a checker suspended for as long. */
const MAX_WINDOW_MS = 60_000;

/** How often a suspended checker looks whether it still is. */
const SUSPENDED_INTERVAL_MS = 500;

/** The opinions of this host about its targets, and which of them are votes. */
export class Opinions {
  readonly #clock;
  readonly #log;
  readonly #damping;
  readonly #hostId;
  readonly #recall;
  readonly #timers;
  readonly #listeners;
  readonly #entries = new Map<string, Entry>();
  /** Timers of the ends of hold-downs. */
  readonly #holds = new Map<string, () => void>();
  readonly #votes = new Map<string, Opinion>();
  #suspension = NOT_SUSPENDED;
  #suspendedAtMs = 0;
  #upCount = 0;
  /** Of those that are up. */
  #failingCount = 0;
  #windowMs = 0;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }, settings: OpinionSettings) {
    this.#clock = clock;
    this.#log = log;
    this.#damping = settings.damping ?? defaultDampingSettings;
    this.#hostId = settings.hostId;
    this.#recall = settings.recall ?? (() => null);
    this.#timers = createTimerWheel(clock);
    this.#listeners = createListeners<VoteChanges>(log);
  }

  get suspended(): boolean {
    return this.#suspension.suspended;
  }

  get votes(): ReadonlyMap<string, Opinion> {
    return this.#votes;
  }

  /** Whether there is an opinion that is not believed for now. */
  isWithheld(containerId: string): boolean {
    return this.suspended && this.#suspension.lost.has(containerId);
  }

  onVotes(listener: (changes: VoteChanges) => void): () => void {
    return this.#listeners.add(listener);
  }

  entry(containerId: string): Entry | null {
    return this.#entries.get(containerId) ?? null;
  }

  counts() {
    const targets = { up: 0, down: 0, waiting: 0 };
    for (const { opinion } of this.#entries.values()) {
      targets[opinion === null ? 'waiting' : opinion.up ? 'up' : 'down'] += 1;
    }
    return { targets, held: this.#holds.size };
  }

  setTargets(targets: ReadonlyMap<string, Target>): void {
    const changed = new Map<string, 'up' | null>();
    for (const id of [...this.#entries.keys()].filter((known) => !targets.has(known))) {
      this.#replace(id, null);
      changed.set(id, null);
    }
    for (const [id, target] of targets) {
      const before = this.#entries.get(id);
      if (before?.target === target) continue;
      const isSame = before?.target.startedAtMs === target.startedAtMs;
      this.#replace(id, before && isSame ? retarget(before, target) : createEntry(target, this.#recall(target)));
      if (!isSame) changed.set(id, null);
    }
    // Losses of targets with the same interval are at most one interval apart; a check may wait for its timeout.
    const spans = [...targets.values()].map(({ check }) => check.intervalMs + check.responseTimeoutMs);
    this.#windowMs = Math.min(
      MAX_WINDOW_MS,
      spans.reduce((a, b) => Math.max(a, b), 0),
    );
    this.#judge(changed);
  }

  /** Takes what HAProxy says about a target, and gives what the checks say now: HAProxy's own state may be behind. */
  take(containerId: string, event: TrackerEvent): Entry['tracked']['state'] {
    const before = this.#entries.get(containerId);
    if (before === undefined) return 'unknown';
    const after = takeEvent(before, event, this.#damping, this.#now());
    this.#replace(containerId, after);
    const { state } = after.tracked;
    if (state !== before.tracked.state && state !== 'unknown') {
      const isLoss = state === 'up' || before.tracked.state === 'up';
      this.#judge(new Map(isLoss ? [[containerId, state]] : []), [containerId]);
    }
    return state;
  }

  close(): void {
    this.#timers.close();
  }

  #replace(id: string, after: Entry | null): void {
    const before = this.#entries.get(id);
    this.#upCount += Number(after?.tracked.state === 'up') - Number(before?.tracked.state === 'up');
    this.#failingCount += Number(isFailing(after)) - Number(isFailing(before));
    if (after === null) this.#entries.delete(id);
    else this.#entries.set(id, after);
    const heldUntilMs = after?.damped.heldUntilMs ?? null;
    if (heldUntilMs === (before?.damped.heldUntilMs ?? null)) return;
    this.#holds.get(id)?.();
    this.#holds.delete(id);
    if (heldUntilMs === null) return;
    this.#holds.set(
      id,
      this.#timers.add(heldUntilMs - this.#clock.monotonic(), () => this.#endHold(id)),
    );
  }

  #endHold(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#replace(id, believe(entry, this.#damping, this.#now()));
    this.#tell([id]);
  }

  #judge(changes: ReadonlyMap<string, 'up' | 'down' | null>, changed: Iterable<string> = changes.keys()): void {
    const before = this.#suspension;
    const nowMs = this.#clock.monotonic();
    const counts = { upCount: this.#upCount, failingCount: this.#failingCount };
    const isOwn = (id: string): boolean => this.#entries.get(id)?.target.hostId === this.#hostId;
    this.#suspension = suspend(before, { changes, ...counts, isOwn, windowMs: this.#windowMs, nowMs });
    if (this.suspended !== before.suspended) this.#changeSuspension(nowMs);
    this.#tell(this.suspended === before.suspended ? changed : this.#entries.keys());
  }

  #changeSuspension(nowMs: number): void {
    const fields = { lost: this.#suspension.lost.size, failing: this.#failingCount, up: this.#upCount };
    if (this.suspended) {
      this.#suspendedAtMs = nowMs;
      this.#log.warn(fields, 'most health checks fail at once: this host does not vote about the lost containers');
      this.#lookAgain();
    } else {
      this.#log.info(fields, 'this host votes about all containers again');
      this.#forgive(this.#suspendedAtMs - this.#windowMs);
    }
  }

  #lookAgain(): void {
    this.#timers.add(SUSPENDED_INTERVAL_MS, () => {
      this.#judge(new Map(), [...this.#suspension.lost.keys()]);
      if (this.suspended) this.#lookAgain();
    });
  }

  #forgive(sinceMs: number): void {
    for (const [id, entry] of [...this.#entries]) {
      if (entry.damped.lastFlapMs >= sinceMs) this.#replace(id, forgive(entry, this.#damping, this.#now()));
    }
  }

  #tell(ids: Iterable<string>): void {
    const changes = new Map<string, Opinion | null>();
    for (const id of ids) {
      const vote = this.isWithheld(id) ? null : (this.#entries.get(id)?.opinion ?? null);
      if (vote === (this.#votes.get(id) ?? null)) continue;
      changes.set(id, vote);
      if (vote === null) this.#votes.delete(id);
      else this.#votes.set(id, vote);
    }
    if (changes.size > 0) this.#listeners.tell(changes);
  }

  #now(): Moment {
    return { wallMs: this.#clock.now(), monotonicMs: this.#clock.monotonic() };
  }
}

function isFailing(entry: Entry | null | undefined): boolean {
  return entry?.tracked.state === 'up' && entry.tracked.failures > 0;
}
