import { type Container, formatProblem, type Problem } from '../../model/index.ts';
import { type Claims, type Recovery, type ReplacementDependencies, recreate } from '../../replacement/index.ts';
import { backoffMs, type Clock } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import type { RecreationLock, TurnEnd } from './lock.ts';
import { outcomeOf } from './quorum.ts';
import { decideOn, type Subject, subjectOf, subjectsOn } from './subject.ts';
import type { TurnRequest } from './turn.ts';

export interface RecreatorDependencies extends ReplacementDependencies {
  readonly clock: Clock;
  readonly lock: RecreationLock;
  readonly claims: Claims;
  readonly recovery: Pick<Recovery, 'request' | 'run'>;
  readonly isConnected: () => boolean;
  /** The newest view; null while it is not known to be complete. */
  readonly view: () => HostView | null;
}

/** Recreates the containers of this host whose service asks for it. */
export interface Recreator {
  /** Starts what is due, without waiting for it, and ends what is settled. */
  tick(signal: AbortSignal): Promise<void>;
  problems(): readonly Problem[];
  /** Resolves when nothing that was started still runs. */
  idle(): Promise<void>;
}

/** So many containers of a host at once. */
const LIMIT = 4;
const RETRY = { minMs: 2_000, maxMs: 300_000 };
const ASK_AGAIN_MS = 1_000;
const ASK_LATER_MS = 5_000;
/** How long the Docker source may take to report a new container. */
const REPORTED_WITHIN_MS = 5_000;

/** A turn that was begun and is to be ended. */
interface OpenTurn {
  readonly request: TurnRequest;
  /** The new container; null: there is none, because the recreation failed. */
  readonly next: { readonly id: string; readonly createdAtMs: number } | null;
}

/** Not before this time. */
interface Pause {
  readonly untilMs: number;
  readonly failures: number;
}

export function createRecreator(deps: RecreatorDependencies): Recreator {
  const { clock, lock, log, claims, recovery } = deps;
  /** By the id of the container that is to be recreated. */
  const pauses = new Map<string, Pause>();
  const problems = new Map<string, Problem>();
  const running = new Map<string, { readonly service: string; readonly life: Promise<void> }>();
  /** By service and name of the container. */
  const open = new Map<string, OpenTurn>();
  /** By the id of a new container that has not become healthy. */
  const failed = new Map<string, Problem>();
  let areOwnTurnsEnded = false;

  const pause = (id: string, ms: number, failures = 0): void => {
    pauses.set(id, { untilMs: clock.now() + ms, failures });
  };

  const note = (id: string, problem: Problem | null): void => {
    const before = problems.get(id);
    if (!problem) problems.delete(id);
    else problems.set(id, problem);
    if (problem && (!before || formatProblem(before) !== formatProblem(problem)))
      log.warn({ problem }, 'a container is not recreated');
  };

  const attempt = async ({ container: { id, name }, request }: Subject, signal: AbortSignal): Promise<void> => {
    const failures = (pauses.get(id)?.failures ?? 0) + 1;
    const key = `${request.service} ${name}`;
    try {
      const turn = await lock.begin(request, () => wanted(deps, id) !== null);
      note(id, turn.kind === 'stopped' ? turn.problem : null);
      if (turn.kind === 'wait') return pause(id, Math.max(ASK_AGAIN_MS, (turn.untilMs ?? 0) - clock.now()));
      if (turn.kind === 'stopped') return pause(id, ASK_LATER_MS);
      log.info({ container: name, service: request.service }, 'recreating a container');
      const result = await recreate(deps, id, signal);
      open.set(key, { request, next: result.ok ? { id: result.value, createdAtMs: clock.now() } : null });
      if (result.ok) return log.info({ container: name, id: result.value }, 'a container was recreated');
      recovery.request();
      note(id, result.problem);
      pause(id, backoffMs(RETRY, failures, 1), failures);
    } catch (error) {
      if (signal.aborted) return;
      // The bus may have stored the turn although its reply was lost.
      if (!open.has(key)) open.set(key, { request, next: null });
      note(id, attemptProblem(name, error));
      pause(id, ASK_LATER_MS, failures);
    }
  };

  const start = (subject: Subject, signal: AbortSignal): void => {
    const { id } = subject.container;
    const { service } = subject.request;
    const claim = claims.claim('recreation', service);
    // The service is being rolled.
    if (!claim) return;
    claim.replaces(id);
    const life = attempt(subject, signal).finally(() => {
      running.delete(id);
      claim.end();
    });
    running.set(id, { service, life });
  };

  const mayStart = ({ container, request: { service, isExclusive } }: Subject): boolean => {
    if (running.size >= LIMIT || running.has(container.id)) return false;
    if (clock.now() < (pauses.get(container.id)?.untilMs ?? 0)) return false;
    if (!isExclusive) return true;
    const busy = [...running.values(), ...[...open.values()].map(({ request }) => request)];
    return !busy.some((one) => one.service === service);
  };

  const endSettled = async (view: HostView): Promise<void> => {
    for (const [key, turn] of open) {
      const outcome = outcomeNow(view, turn, clock.now());
      if (outcome === 'pending') continue;
      try {
        await lock.end(turn.request, outcome);
      } catch {
        // The bus does not answer; its own problem says so.
        continue;
      }
      open.delete(key);
      const { container, service } = turn.request;
      if (outcome === 'failed') {
        log.warn({ container, service }, 'a recreated container did not become healthy');
        failed.set(turn.next?.id ?? '', failedProblem(container));
      }
      if (outcome === 'healthy') log.info({ container, service }, 'a recreated container is healthy');
    }
  };

  /** Ends what an earlier agent, or a lost connection, left half done. False: not yet. */
  const prepare = async (): Promise<boolean> => {
    await recovery.run();
    areOwnTurnsEnded ||= await lock.endOwn().then(
      () => true,
      // The bus does not answer; its own problem says so.
      () => false,
    );
    return areOwnTurnsEnded;
  };

  return {
    tick: async (signal) => {
      if (!deps.isConnected() || !(await prepare())) return;
      const view = deps.view();
      if (!view) return;
      await endSettled(view);
      const subjects = subjectsOn(view);
      const due = subjects.filter((subject) => decideOn(subject, clock.now()).kind === 'recreate');
      for (const known of [pauses, problems]) keep(known, [...idsOf(due), ...running.keys()]);
      keep(failed, idsOf(subjects));
      for (const subject of due) if (mayStart(subject)) start(subject, signal);
    },
    problems: () => [...failed.values(), ...problems.values()],
    idle: async () => {
      await Promise.all([...running.values()].map(({ life }) => life));
    },
  };
}

function idsOf(subjects: readonly Subject[]): readonly string[] {
  return subjects.map(({ container }) => container.id);
}

function keep(known: Map<string, unknown>, ids: readonly string[]): void {
  const kept = new Set(ids);
  for (const id of known.keys()) if (!kept.has(id)) known.delete(id);
}

/** The container with this id if it is to be recreated now. */
function wanted({ view, clock }: Pick<RecreatorDependencies, 'view' | 'clock'>, id: string): Container | null {
  const now = view();
  const container = now?.snapshot.hosts.get(now.hostId)?.containers.get(id);
  const subject = now && container ? subjectOf(now, container) : null;
  return subject && decideOn(subject, clock.now()).kind === 'recreate' ? subject.container : null;
}

function outcomeNow(view: HostView, { next }: OpenTurn, nowMs: number): TurnEnd | 'pending' {
  if (!next) return 'undone';
  const container = view.snapshot.hosts.get(view.hostId)?.containers.get(next.id);
  // Somebody has removed it.
  if (!container) return nowMs - next.createdAtMs < REPORTED_WITHIN_MS ? 'pending' : 'undone';
  const check = subjectOf(view, container)?.check ?? { initializingTimeoutMs: null };
  return outcomeOf(check, container.health, { createdAtMs: next.createdAtMs, nowMs });
}

function failedProblem(name: string): Problem {
  return {
    subject: `container ${name}`,
    what: 'was recreated and did not become healthy',
    hint: `read its log: docker logs ${name}`,
  };
}

function attemptProblem(name: string, error: unknown): Problem {
  const what = error instanceof Error ? error.message : String(error);
  return {
    subject: `container ${name}`,
    what: `is not recreated: ${what}`,
    hint: 'no action needed if the bus is starting: Drover retries automatically; else check the bus: drover status',
  };
}
