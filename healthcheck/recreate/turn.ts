import type { Problem } from '../../model/index.ts';
import { type BudgetSettings, resumeBudget, spendBudget, stoppedProblem } from './restart-budget.ts';
import type { Holder, TurnDocument } from './turn-document.ts';

export interface TurnRequest {
  /** `stack/service`, or another text that names what is recreated together. */
  readonly service: string;
  /** Name of the container. */
  readonly container: string;
  readonly createdAtMs: number;
  /** Only one container of the service at a time, on all hosts: for `recreateOnQuorum`. */
  readonly isExclusive: boolean;
  /** When a container of the service became healthy last; null: none is healthy. */
  readonly healthySinceMs: number | null;
}

export type Turn =
  | { readonly kind: 'go' }
  /** Ask again. `untilMs`: not before this time; null: when something changes. */
  | { readonly kind: 'wait'; readonly why: string; readonly untilMs: number | null }
  | { readonly kind: 'stopped'; readonly why: string; readonly problem: Problem };

export interface TurnContext {
  /** The host that asks. */
  readonly hostId: string;
  readonly isLive: (hostId: string) => boolean;
  readonly nowMs: number;
}

/** The turn of a request, and the document after it; the same document if nothing is written. Pure. */
export function takeTurn(
  { hostId, isLive, nowMs }: TurnContext,
  turn: TurnDocument,
  { service, container, createdAtMs, isExclusive, healthySinceMs }: TurnRequest,
  settings: BudgetSettings,
): { readonly answer: Turn; readonly turn: TurnDocument } {
  const { holder } = turn;
  const isOwn = holder?.hostId === hostId && holder.container === container;
  if (isExclusive && isOwn) return { answer: { kind: 'go' }, turn };
  // The containers of a host without a lease do not count as healthy, so its turn protects nothing any more.
  if (isExclusive && holder && (holder.hostId === hostId || isLive(holder.hostId)))
    return { answer: waitFor(holder), turn };
  const budget = resumeBudget(turn.budget, healthySinceMs);
  const spent = spendBudget(budget, { createdAtMs, nowMs }, settings);
  switch (spent.kind) {
    case 'stopped': {
      const why = `${budget.failures} new containers in a row did not become healthy`;
      return { answer: { kind: 'stopped', why, problem: stoppedProblem(service, budget.failures) }, turn };
    }
    case 'wait':
      return { answer: { kind: 'wait', why: 'recreated a short time ago', untilMs: spent.untilMs }, turn };
    case 'go':
      return {
        answer: { kind: 'go' },
        turn: { holder: isExclusive ? { hostId, container } : holder, budget: spent.record },
      };
  }
}

/**
 * The turn of a roll. A user asks for it, so neither the pauses nor the failures of recreations matter. This host knows what it recreates
 * itself, so a turn of its own is one of an earlier agent. Pure.
 */
export function takeTurnToRoll(
  { hostId, isLive }: TurnContext,
  turn: TurnDocument,
  container: string,
): { readonly answer: Turn; readonly turn: TurnDocument } {
  const { holder } = turn;
  if (holder && holder.hostId !== hostId && isLive(holder.hostId)) return { answer: waitFor(holder), turn };
  if (holder?.hostId === hostId && holder.container === container) return { answer: { kind: 'go' }, turn };
  return { answer: { kind: 'go' }, turn: { ...turn, holder: { hostId, container } } };
}

function waitFor({ container }: Holder): Turn {
  return { kind: 'wait', why: `${container} is being recreated`, untilMs: null };
}
