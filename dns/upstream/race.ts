import type { Clock, TimerWheel } from '../../system/index.ts';
import type { Conversation, Converse } from './exchange/conversation.ts';
import type { UpstreamStatistics } from './exchange/statistics.ts';
import type { Question } from './message/question.ts';
import { type Verdict, verdictOf } from './message/reply.ts';

export interface Race {
  /** The first good reply, else a failure reply, else null. Never rejects. */
  readonly reply: Promise<Buffer | null>;
  /** Idempotent. The reply is null if there is none yet; the statistics do not change. */
  end(): void;
}

export interface RaceDependencies {
  readonly converse: Converse;
  readonly timers: TimerWheel;
  readonly clock: Clock;
}

export interface RaceTimes {
  /** The time after which clients give up. */
  readonly timeoutMs: number;
}

/** A query to one upstream. */
interface Attempt {
  readonly stats: UpstreamStatistics;
  readonly conversation: Conversation;
  readonly askedAtMs: number;
  /** Position in the order of preference. */
  readonly rank: number;
  settled: boolean;
}

interface State extends RaceDependencies {
  readonly question: Question;
  readonly ranked: readonly UpstreamStatistics[];
  readonly stepMs: number;
  readonly attempts: Attempt[];
  /** Upstreams that were not asked yet. */
  readonly waiting: UpstreamStatistics[];
  readonly pending: Set<() => void>;
  readonly resolve: (reply: Buffer | null) => void;
  refusal: Buffer | null;
  denial: { readonly reply: Buffer; readonly rank: number } | null;
  over: boolean;
}

/** All upstreams are asked within this time, so that unreachable ones cost less than a second. */
const SPREAD_MS = 750;
/** After this time the next upstream is asked too: the usual time of the current one, within these bounds. */
const HEDGE_MS = { least: 25, most: 250, suspect: 50 };
/** How long a negative answer waits for upstreams of higher preference, which may know more names. */
const PREFERENCE_MS = 400;
/** An upstream that is silent for this long while another one answers becomes a suspect. */
const SILENCE_MS = 250;
/** After a failure reply, silent upstreams get this much time. */
const PATIENCE_MS = 1_000;
/** After the race, late replies are accepted for this long: they show that an upstream works. */
const LINGER_MS = 2_000;

/**
 * Asks upstreams in order, suspects last. The next one is asked when the one before fails or takes longer than usual. A suspect
 * that is due for a trial is asked in parallel with the first. All upstreams are asked before the race fails.
 */
export function runRace(
  dependencies: RaceDependencies,
  { timeoutMs }: RaceTimes,
  question: Question,
  upstreams: readonly UpstreamStatistics[],
): Race {
  const { promise: reply, resolve } = Promise.withResolvers<Buffer | null>();
  const ranked = [
    ...upstreams.filter((stats) => !stats.isSuspect()),
    ...upstreams.filter((stats) => stats.isSuspect()),
  ];
  const stepMs = Math.min(HEDGE_MS.most, SPREAD_MS / upstreams.length);
  const initial = { attempts: [], waiting: [...ranked], pending: new Set<() => void>(), resolve };
  const none = { refusal: null, denial: null, over: false };
  const state: State = { ...dependencies, question, ranked, stepMs, ...initial, ...none };
  for (const stats of ranked.slice(1)) if (stats.takeTrial()) start(state, stats);
  askNext(state);
  later(state, timeoutMs, () => finish(state, state.denial?.reply ?? state.refusal));
  return { reply, end: () => abandon(state) };
}

function askNext(state: State): void {
  const stats = state.waiting[0];
  if (stats === undefined || state.over) return;
  start(state, stats);
  const asked = state.attempts.length;
  // A failure may have started the next attempt already.
  const hedge = () => state.attempts.length === asked && askNext(state);
  if (state.waiting.length > 0) later(state, hedgeMs(stats, state.stepMs), hedge);
}

function start(state: State, stats: UpstreamStatistics): void {
  const { converse, clock, question, ranked, waiting, attempts } = state;
  waiting.splice(waiting.indexOf(stats), 1);
  const conversation = converse(question, stats);
  const attempt = { stats, conversation, askedAtMs: clock.monotonic(), rank: ranked.indexOf(stats), settled: false };
  attempts.push(attempt);
  void conversation.reply.then((received) => settle(state, attempt, received));
}

function hedgeMs(stats: UpstreamStatistics, stepMs: number): number {
  if (stats.isSuspect()) return Math.min(HEDGE_MS.suspect, stepMs);
  return Math.min(Math.max(stats.usualMs() ?? HEDGE_MS.most, HEDGE_MS.least), stepMs);
}

function later({ timers, pending, over }: State, ms: number, run: () => void): void {
  if (!over) pending.add(timers.add(ms, run));
}

function settle(state: State, attempt: Attempt, received: Buffer | null): void {
  attempt.settled = true;
  const verdict = received ? verdictOf(received, state.question.type) : null;
  learn(attempt.stats, verdict);
  if (state.over) return;
  if (received) note(state, attempt, received, verdict);
  if (verdict !== 'negative') askNext(state);
  decide(state);
}

function learn(stats: UpstreamStatistics, verdict: Verdict | null): void {
  if (verdict === 'positive' || verdict === 'negative') stats.answered();
  else if (verdict === 'bad') stats.refused();
}

function note(state: State, { rank }: Attempt, reply: Buffer, verdict: Verdict | null): void {
  if (verdict === 'positive') finish(state, reply);
  else if (verdict === 'bad') state.refusal ??= reply;
  else if (state.denial === null || rank < state.denial.rank) state.denial = { reply, rank };
}

/** Ends the race if the replies so far suffice. */
function decide(state: State): void {
  const { over, denial, refusal, waiting, attempts } = state;
  if (over) return;
  const open = attempts.filter(({ settled }) => !settled);
  if (denial) {
    const preferred = open.filter(({ rank }) => rank < denial.rank);
    within(state, PREFERENCE_MS, preferred, denial.reply);
  } else if (waiting.length === 0) {
    if (open.length === 0) finish(state, refusal);
    else if (refusal) within(state, PATIENCE_MS, open, refusal);
  }
}

/** Ends the race with `found` when each of the others has had this much time. */
function within(state: State, ms: number, others: readonly Attempt[], found: Buffer): void {
  const youngest = Math.max(Number.NEGATIVE_INFINITY, ...others.map(({ askedAtMs }) => askedAtMs));
  const leftMs = ms - (state.clock.monotonic() - youngest);
  if (leftMs <= 0) finish(state, found);
  else later(state, leftMs, () => decide(state));
}

function finish(state: State, found: Buffer | null): void {
  if (state.over) return;
  close(state, found);
  for (const attempt of state.attempts) if (!attempt.settled) watchOn(state, attempt, found !== null);
}

function abandon(state: State): void {
  if (state.over) return;
  close(state, null);
  for (const { conversation } of state.attempts) conversation.end();
}

function close(state: State, found: Buffer | null): void {
  state.over = true;
  for (const cancel of state.pending) cancel();
  state.resolve(found);
}

/** Waits for the late reply of an attempt that lost, to update the statistics of its upstream. */
function watchOn({ timers, clock }: State, { stats, conversation, askedAtMs }: Attempt, anotherWon: boolean): void {
  conversation.quieten();
  const silentMs = clock.monotonic() - askedAtMs;
  const judge = () => stats.silentSince(askedAtMs);
  if (silentMs >= SILENCE_MS) judge();
  const cancelJudging = silentMs < SILENCE_MS && anotherWon ? timers.add(SILENCE_MS - silentMs, judge) : null;
  const cancelEnd = timers.add(Math.max(0, LINGER_MS - silentMs), conversation.end);
  void conversation.reply.then(() => {
    cancelJudging?.();
    cancelEnd();
  });
}
