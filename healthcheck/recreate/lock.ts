import type { Clock } from '../../system/index.ts';
import { type BudgetSettings, settleBudget } from './restart-budget.ts';
import { type Turn, type TurnRequest, takeTurn, takeTurnToRoll } from './turn.ts';
import {
  type Holder,
  type RecreationDocuments,
  readTurn,
  serviceOfTurn,
  TURNS,
  type TurnDocument,
  turnKey,
  writeTurn,
} from './turn-document.ts';

export interface LockDependencies {
  readonly documents: RecreationDocuments;
  readonly clock: Pick<Clock, 'now'>;
  readonly hostId: string;
  /** Whether a host has a lease on the bus. It must come from the same state as the health that `isStillAllowed` judges. */
  readonly isLive: (hostId: string) => boolean;
}

/** What ended the turn of a container. `undone`: nothing is known about a new container. */
export type TurnEnd = 'healthy' | 'failed' | 'undone';

/** The agreement of all hosts on recreations. All methods reject while the bus cannot be reached; then nothing may be recreated. */
export interface RecreationLock {
  /**
   * Asks for the turn to recreate a container. `isStillAllowed` is called when the turn is taken, and must judge the newest known
   * health; if it returns false, the turn is given back. After `go`, call `end` when the new container is settled (`outcomeOf`).
   * Idempotent for one container.
   */
  begin(request: TurnRequest, isStillAllowed: () => boolean): Promise<Turn>;
  /** Asks for the turn to roll the containers of a service on this host; the first one stands for all. After `go`, call `end`. */
  beginRoll(request: Pick<TurnRequest, 'service' | 'container'>): Promise<Turn>;
  /** Ends the turn of a container. Once a turn. */
  end(request: Pick<TurnRequest, 'service' | 'container'>, outcome: TurnEnd): Promise<void>;
  /** Ends the turns of an earlier agent of this host. Call it at the start, after `recover`. */
  endOwn(): Promise<void>;
}

const ATTEMPTS = 10;

export function createRecreationLock(deps: LockDependencies, settings: BudgetSettings): RecreationLock {
  const { documents, hostId, clock, isLive } = deps;
  const isOwn = (holder: Holder | null, container: string): boolean =>
    holder?.hostId === hostId && holder.container === container;

  /** Reads, changes and writes a document until no other host writes in between. */
  const update = async (service: string, change: (turn: TurnDocument) => TurnDocument): Promise<void> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const { turn, revision } = readTurn(await documents.get(turnKey(service)));
      const changed = change(turn);
      if (changed === turn) return;
      if ((await documents.put(turnKey(service), writeTurn(changed), revision)).ok) return;
    }
    throw new Error(`other hosts write ${turnKey(service)} all the time`);
  };

  const end: RecreationLock['end'] = ({ service, container }, outcome) =>
    update(service, (turn) => {
      const holder = isOwn(turn.holder, container) ? null : turn.holder;
      const budget = outcome === 'undone' ? turn.budget : settleBudget(turn.budget, outcome, clock.now());
      const isSame = holder === turn.holder && budget.failures === turn.budget.failures;
      return isSame ? turn : { holder, budget };
    });

  return {
    begin: async (request, isStillAllowed) => {
      let answer: Turn = { kind: 'go' };
      await update(request.service, (turn) => {
        const taken = takeTurn({ hostId, isLive, nowMs: clock.now() }, turn, request, settings);
        answer = taken.answer;
        return taken.turn;
      });
      if (answer.kind !== 'go' || isStillAllowed()) return answer;
      await end(request, 'undone');
      return { kind: 'wait', why: 'the health of the service has changed', untilMs: null };
    },
    beginRoll: async ({ service, container }) => {
      let answer: Turn = { kind: 'go' };
      await update(service, (turn) => {
        const taken = takeTurnToRoll({ hostId, isLive, nowMs: clock.now() }, turn, container);
        answer = taken.answer;
        return taken.turn;
      });
      return answer;
    },
    end,
    endOwn: async () => {
      for (const [service, { holder }] of await listTurns(documents))
        if (holder?.hostId === hostId) await end({ service, container: holder.container }, 'undone');
    },
  };
}

/** The documents of all services, by `TurnRequest.service`. */
export async function listTurns(
  documents: Pick<RecreationDocuments, 'list'>,
): Promise<ReadonlyMap<string, TurnDocument>> {
  const stored = await documents.list(TURNS);
  return new Map([...stored].map(([key, document]) => [serviceOfTurn(key), readTurn(document).turn]));
}
