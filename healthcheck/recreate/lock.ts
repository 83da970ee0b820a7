import type { Problem } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import { type BudgetSettings, settleBudget, spendBudget, stoppedProblem } from './restart-budget.ts';
import {
  type Holder,
  type RecreationDocuments,
  readTurn,
  TURNS,
  type TurnDocument,
  writeTurn,
} from './turn-document.ts';

export interface LockDependencies {
  readonly documents: RecreationDocuments;
  readonly clock: Pick<Clock, 'now'>;
  readonly hostId: string;
  /** Whether a host has a lease on the bus. It must come from the same state as the health that `isStillAllowed` judges. */
  readonly isLive: (hostId: string) => boolean;
}

export interface TurnRequest {
  /** `stack/service`, or another text that names what is recreated together. */
  readonly service: string;
  /** Name of the container. */
  readonly container: string;
  readonly createdAtMs: number;
  /** Only one container of the service at a time, on all hosts: for `recreateOnQuorum`. */
  readonly isExclusive: boolean;
}

export type Turn =
  | { readonly kind: 'go' }
  /** Ask again. `untilMs`: not before this time; null: when something changes. */
  | { readonly kind: 'wait'; readonly why: string; readonly untilMs: number | null }
  | { readonly kind: 'stopped'; readonly problem: Problem };

/** The agreement of all hosts on recreations. All methods reject while the bus cannot be reached; then nothing may be recreated. */
export interface RecreationLock {
  /**
   * Asks for the turn to recreate a container. `isStillAllowed` is called when the turn is taken, and must judge the newest known
   * health; if it returns false, the turn is given back. After `go`, call `end` when the new container is settled (`outcomeOf`).
   * Idempotent for one container.
   */
  begin(request: TurnRequest, isStillAllowed: () => boolean): Promise<Turn>;
  /** Ends the turn of a container. `undone`: the old one still runs, so nothing is known about a new one. Once a turn. */
  end(request: Pick<TurnRequest, 'service' | 'container'>, outcome: 'healthy' | 'failed' | 'undone'): Promise<void>;
  /** A container of the service became healthy by itself or through a user: recreation continues if it had stopped. */
  resume(service: string): Promise<void>;
  /** Ends the turns of an earlier agent of this host. Call it at the start, after `recover`. */
  endOwn(): Promise<void>;
}

const ATTEMPTS = 10;

export function createRecreationLock(deps: LockDependencies, settings: BudgetSettings): RecreationLock {
  const { documents, hostId } = deps;
  const isOwn = (holder: Holder | null, container: string): boolean =>
    holder?.hostId === hostId && holder.container === container;

  /** Reads, changes and writes a document until no other host writes in between. */
  const update = async (service: string, change: (turn: TurnDocument) => TurnDocument): Promise<void> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const { turn, revision } = readTurn(await documents.get(TURNS + service));
      const changed = change(turn);
      if (changed === turn) return;
      if ((await documents.put(TURNS + service, writeTurn(changed), revision)).ok) return;
    }
    throw new Error(`other hosts write ${TURNS}${service} all the time`);
  };

  const end: RecreationLock['end'] = ({ service, container }, outcome) =>
    update(service, (turn) => {
      const holder = isOwn(turn.holder, container) ? null : turn.holder;
      const budget = outcome === 'undone' ? turn.budget : settleBudget(turn.budget, outcome);
      const isSame = holder === turn.holder && budget.failures === turn.budget.failures;
      return isSame ? turn : { holder, budget };
    });

  return {
    begin: async (request, isStillAllowed) => {
      let answer: Turn = { kind: 'go' };
      await update(request.service, (turn) => {
        const taken = takeTurn(deps, turn, request, settings);
        answer = taken.answer;
        return taken.turn;
      });
      if (answer.kind !== 'go' || isStillAllowed()) return answer;
      await end(request, 'undone');
      return { kind: 'wait', why: 'the health of the service has changed', untilMs: null };
    },
    end,
    resume: (service) =>
      update(service, (turn) =>
        turn.budget.failures === 0 ? turn : { ...turn, budget: settleBudget(turn.budget, 'healthy') },
      ),
    endOwn: async () => {
      for (const [key, stored] of await documents.list(TURNS)) {
        const { holder } = readTurn(stored).turn;
        if (holder?.hostId === hostId)
          await end({ service: key.slice(TURNS.length), container: holder.container }, 'undone');
      }
    },
  };
}

/** The turn of a request, and the document after it; the same document if nothing is written. */
function takeTurn(
  { clock, hostId, isLive }: LockDependencies,
  turn: TurnDocument,
  { service, container, createdAtMs, isExclusive }: TurnRequest,
  settings: BudgetSettings,
): { readonly answer: Turn; readonly turn: TurnDocument } {
  const { holder, budget } = turn;
  const isOwn = holder?.hostId === hostId && holder.container === container;
  if (isExclusive && isOwn) return { answer: { kind: 'go' }, turn };
  // The containers of a host without a lease do not count as healthy, so its turn protects nothing any more.
  if (isExclusive && holder && (holder.hostId === hostId || isLive(holder.hostId))) {
    const why = `host ${holder.hostId} recreates ${holder.container}`;
    return { answer: { kind: 'wait', why, untilMs: null }, turn };
  }
  const spent = spendBudget(budget, { createdAtMs, nowMs: clock.now() }, settings);
  switch (spent.kind) {
    case 'stopped':
      return { answer: { kind: 'stopped', problem: stoppedProblem(service, budget.failures) }, turn };
    case 'wait':
      return {
        answer: { kind: 'wait', why: 'a container of the service was recreated lately', untilMs: spent.untilMs },
        turn,
      };
    case 'go':
      return {
        answer: { kind: 'go' },
        turn: { holder: isExclusive ? { hostId, container } : holder, budget: spent.record },
      };
  }
}
