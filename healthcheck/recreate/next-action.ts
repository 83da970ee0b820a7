import type { Container } from '../../model/index.ts';
import type { HostView } from '../../view/index.ts';
import { isHealthy } from './quorum.ts';
import { defaultBudgetSettings } from './restart-budget.ts';
import { decideOn, type Subject, subjectOf } from './subject.ts';
import { type Turn, takeTurn } from './turn.ts';
import { newTurn, type TurnDocument } from './turn-document.ts';

/**
 * What Drover does next about a container.
 * `none`: nothing. `recreate`: it is recreated at `atMs` if its health stays the same. `wait`: it is recreated as soon as what `why`
 * names is over. `stopped`: it is not recreated any more, because new containers of its service fail.
 */
export interface NextAction {
  readonly kind: 'none' | 'recreate' | 'wait' | 'stopped';
  /** `strategy none`, `initializing`, `1 of 2 healthy, quorum 2`. */
  readonly why: string;
  /** Milliseconds since the epoch; null: at once, or when something changes. */
  readonly atMs: number | null;
}

/** `turns`: what the hosts have agreed on, by service (`listTurns`); null: the bus does not answer. Pure. */
export function nextAction(
  view: HostView,
  container: Container,
  turns: ReadonlyMap<string, TurnDocument> | null,
  nowMs: number,
): NextAction {
  if (isHealthy(container.health)) return { kind: 'none', why: 'healthy', atMs: null };
  const subject = subjectOf(view, container);
  if (!subject) return { kind: 'none', why: 'not running, or no check that Drover makes', atMs: null };
  const decision = decideOn(subject, nowMs);
  const turn = turns && turnOf(view, subject, turns, nowMs);
  const isWatched = subject.check.strategy !== 'none' && container.health !== null;
  if (isWatched && turn?.kind === 'stopped') return { kind: 'stopped', why: turn.why, atMs: null };
  switch (decision.kind) {
    case 'leave':
      return { kind: 'none', why: decision.why, atMs: null };
    case 'later':
      return { kind: 'recreate', why: decision.why, atMs: decision.atMs };
    case 'wait':
      return { kind: 'wait', why: decision.why, atMs: null };
    case 'recreate':
      if (!turn) return { kind: 'wait', why: 'the bus does not answer', atMs: null };
      if (turn.kind === 'wait') return { kind: 'wait', why: turn.why, atMs: turn.untilMs };
      return { kind: 'recreate', why: decision.why, atMs: null };
  }
}

function turnOf(
  { snapshot: { hosts } }: HostView,
  { container: { hostId }, request }: Subject,
  turns: ReadonlyMap<string, TurnDocument>,
  nowMs: number,
): Turn {
  const context = { hostId, isLive: (id: string) => hosts.has(id), nowMs };
  return takeTurn(context, turns.get(request.service) ?? newTurn, request, defaultBudgetSettings).answer;
}
