import type { Clock } from '../../system/index.ts';
import type { Alarm, Alarms } from './alarms.ts';
import type { Page } from './book.ts';
import type { Conversation, Converse } from './conversation.ts';
import type { Question } from './question.ts';
import { type Verdict, verdictOf } from './reply.ts';

export interface Race {
  /** The first good reply, else a bad one, else null. Never rejects. */
  readonly reply: Promise<Buffer | null>;
  /** Idempotent: the reply is null if there is none yet, and nothing is concluded from that. */
  end(): void;
}

export interface RaceDependencies {
  readonly converse: Converse;
  readonly alarms: Alarms;
  readonly clock: Clock;
}

export interface RaceTimes {
  /** Until the client would give up anyway. */
  readonly timeoutMs: number;
}

interface Runner {
  readonly page: Page;
  readonly conversation: Conversation;
  readonly askedAtMs: number;
  /** Its place in the order of preference. */
  readonly rank: number;
  settled: boolean;
}

/** All upstreams are asked within this time, so that dead ones cost less than a second. */
const SPREAD_MS = 750;
/** How long one may take before the next is asked too: its usual time, within these. */
const HEDGE_MS = { least: 25, most: 250, suspect: 50 };
/** How long a "no" of an upstream waits for those the asker prefers: they may know names that it does not. */
const PREFERENCE_MS = 400;
/** Silent for so long while another one answers: a suspect. */
const SILENCE_MS = 250;
/** With a bad reply at hand the silent ones get no more than this. */
const PATIENCE_MS = 1_000;
/** For so long an upstream is listened to after another one has won: a late reply says that it lives. */
const LINGER_MS = 2_000;

/**
 * Asks upstreams in order, those that are silent now last, each as soon as the one before fails or takes longer than usual.
 * A suspect whose turn to be tried has come is asked along with the first. Nobody is left out.
 */
export function runRace(
  { converse, alarms, clock }: RaceDependencies,
  { timeoutMs }: RaceTimes,
  question: Question,
  pages: readonly Page[],
): Race {
  const { promise: reply, resolve } = Promise.withResolvers<Buffer | null>();
  const ranked = inOrder(pages);
  const waiting = [...ranked];
  const runners: Runner[] = [];
  const pending = new Set<Alarm>();
  const stepMs = Math.min(HEDGE_MS.most, SPREAD_MS / pages.length);
  let refusal: Buffer | null = null;
  let denial: { readonly reply: Buffer; readonly rank: number } | null = null;
  let over = false;

  const later = (ms: number, ring: () => void): void => {
    if (!over) pending.add(alarms.in(ms, ring));
  };
  const finish = (found: Buffer | null): void => {
    if (over) return;
    over = true;
    for (const alarm of pending) alarm.cancel();
    resolve(found);
    for (const runner of runners) if (!runner.settled) watchOn(runner, found !== null);
  };
  /** The one that lost, for what it teaches about its upstream. */
  const watchOn = ({ page, conversation, askedAtMs }: Runner, anotherWasFaster: boolean): void => {
    conversation.quieten();
    const silentMs = clock.monotonic() - askedAtMs;
    const judge = () => page.silentSince(askedAtMs);
    if (silentMs >= SILENCE_MS) judge();
    const suspecting = silentMs < SILENCE_MS && anotherWasFaster ? alarms.in(SILENCE_MS - silentMs, judge) : null;
    const ending = alarms.in(Math.max(0, LINGER_MS - silentMs), conversation.end);
    void conversation.reply.then(() => {
      suspecting?.cancel();
      ending.cancel();
    });
  };

  const settle = (runner: Runner, received: Buffer | null): void => {
    runner.settled = true;
    const verdict = received ? verdictOf(received, question.type) : null;
    learn(runner, verdict);
    if (over) return;
    if (received && verdict === 'positive') {
      finish(received);
      return;
    }
    if (received && verdict === 'negative' && runner.rank < (denial?.rank ?? ranked.length)) {
      denial = { reply: received, rank: runner.rank };
    }
    if (received && verdict === 'bad') refusal ??= received;
    if (verdict !== 'negative') ask();
    decide();
  };

  /** Whether what has come is enough, as far as time has gone. */
  const decide = (): void => {
    if (over) return;
    const open = runners.filter(({ settled }) => !settled);
    const best = denial;
    const preferred = open.filter(({ rank }) => best !== null && rank < best.rank);
    if (best) within(PREFERENCE_MS, preferred, best.reply);
    else if (waiting.length > 0) return;
    else if (open.length === 0) finish(refusal);
    else if (refusal) within(PATIENCE_MS, open, refusal);
  };
  /** Takes what there is once everybody who could do better has had so much time. */
  const within = (ms: number, others: readonly Runner[], found: Buffer): void => {
    const youngest = Math.max(Number.NEGATIVE_INFINITY, ...others.map(({ askedAtMs }) => askedAtMs));
    const leftMs = ms - (clock.monotonic() - youngest);
    if (leftMs <= 0) finish(found);
    else later(leftMs, decide);
  };

  const start = (page: Page): Runner => {
    const conversation = converse(question, page);
    const runner = { page, conversation, askedAtMs: clock.monotonic(), rank: ranked.indexOf(page), settled: false };
    runners.push(runner);
    void conversation.reply.then((received) => settle(runner, received));
    return runner;
  };
  const ask = (): void => {
    const page = waiting.shift();
    if (page === undefined || over) return;
    start(page);
    if (waiting.length > 0) later(hedgeMs(page, stepMs), hedge(runners.length));
  };
  /** The next one in turn, unless a failure has called for it already. */
  const hedge = (asked: number) => () => {
    if (runners.length === asked) ask();
  };

  for (const page of ranked.slice(1)) {
    if (!page.takeTrial()) continue;
    waiting.splice(waiting.indexOf(page), 1);
    start(page);
  }
  ask();
  later(timeoutMs, () => finish(denial?.reply ?? refusal));
  const end = (): void => {
    if (over) return;
    over = true;
    for (const alarm of pending) alarm.cancel();
    for (const { conversation } of runners) conversation.end();
    resolve(null);
  };
  return { reply, end };
}

function learn({ page }: Runner, verdict: Verdict | null): void {
  if (verdict === 'positive' || verdict === 'negative') page.answered();
  else if (verdict === 'bad') page.refused();
}

function inOrder(pages: readonly Page[]): readonly Page[] {
  return [...pages.filter((page) => !page.isSuspect()), ...pages.filter((page) => page.isSuspect())];
}

function hedgeMs(page: Page, stepMs: number): number {
  if (page.isSuspect()) return Math.min(HEDGE_MS.suspect, stepMs);
  return Math.min(Math.max(page.usualMs() ?? HEDGE_MS.most, HEDGE_MS.least), stepMs);
}
