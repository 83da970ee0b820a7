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

/** An upstream that was asked. */
interface Runner {
  readonly page: Page;
  readonly conversation: Conversation;
  readonly askedAtMs: number;
  /** Its place in the order of preference. */
  readonly rank: number;
  settled: boolean;
}

interface Course extends RaceDependencies {
  readonly question: Question;
  readonly ranked: readonly Page[];
  readonly stepMs: number;
  readonly runners: Runner[];
  /** Not asked yet. */
  readonly waiting: Page[];
  readonly pending: Set<Alarm>;
  readonly resolve: (reply: Buffer | null) => void;
  refusal: Buffer | null;
  denial: { readonly reply: Buffer; readonly rank: number } | null;
  over: boolean;
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
  dependencies: RaceDependencies,
  { timeoutMs }: RaceTimes,
  question: Question,
  pages: readonly Page[],
): Race {
  const { promise: reply, resolve } = Promise.withResolvers<Buffer | null>();
  const ranked = [...pages.filter((page) => !page.isSuspect()), ...pages.filter((page) => page.isSuspect())];
  const stepMs = Math.min(HEDGE_MS.most, SPREAD_MS / pages.length);
  const run = { runners: [], waiting: [...ranked], pending: new Set<Alarm>(), resolve };
  const none = { refusal: null, denial: null, over: false };
  const course: Course = { ...dependencies, question, ranked, stepMs, ...run, ...none };
  for (const page of ranked.slice(1)) if (page.takeTrial()) start(course, page);
  askNext(course);
  later(course, timeoutMs, () => finish(course, course.denial?.reply ?? course.refusal));
  return { reply, end: () => abandon(course) };
}

function askNext(course: Course): void {
  const page = course.waiting[0];
  if (page === undefined || course.over) return;
  start(course, page);
  const asked = course.runners.length;
  // Unless a failure has called for the next one already.
  const hedge = () => course.runners.length === asked && askNext(course);
  if (course.waiting.length > 0) later(course, hedgeMs(page, course.stepMs), hedge);
}

function start(course: Course, page: Page): void {
  const { converse, clock, question, ranked, waiting, runners } = course;
  waiting.splice(waiting.indexOf(page), 1);
  const conversation = converse(question, page);
  const runner = { page, conversation, askedAtMs: clock.monotonic(), rank: ranked.indexOf(page), settled: false };
  runners.push(runner);
  void conversation.reply.then((received) => settle(course, runner, received));
}

function hedgeMs(page: Page, stepMs: number): number {
  if (page.isSuspect()) return Math.min(HEDGE_MS.suspect, stepMs);
  return Math.min(Math.max(page.usualMs() ?? HEDGE_MS.most, HEDGE_MS.least), stepMs);
}

function later({ alarms, pending, over }: Course, ms: number, ring: () => void): void {
  if (!over) pending.add(alarms.in(ms, ring));
}

function settle(course: Course, runner: Runner, received: Buffer | null): void {
  runner.settled = true;
  const verdict = received ? verdictOf(received, course.question.type) : null;
  learn(runner.page, verdict);
  if (course.over) return;
  if (received) note(course, runner, received, verdict);
  if (verdict !== 'negative') askNext(course);
  decide(course);
}

function learn(page: Page, verdict: Verdict | null): void {
  if (verdict === 'positive' || verdict === 'negative') page.answered();
  else if (verdict === 'bad') page.refused();
}

function note(course: Course, { rank }: Runner, reply: Buffer, verdict: Verdict | null): void {
  if (verdict === 'positive') finish(course, reply);
  else if (verdict === 'bad') course.refusal ??= reply;
  else if (course.denial === null || rank < course.denial.rank) course.denial = { reply, rank };
}

/** Whether what has come is enough, as far as time has gone. */
function decide(course: Course): void {
  const { over, denial, refusal, waiting, runners } = course;
  if (over) return;
  const open = runners.filter(({ settled }) => !settled);
  if (denial) {
    const preferred = open.filter(({ rank }) => rank < denial.rank);
    within(course, PREFERENCE_MS, preferred, denial.reply);
  } else if (waiting.length === 0) {
    if (open.length === 0) finish(course, refusal);
    else if (refusal) within(course, PATIENCE_MS, open, refusal);
  }
}

/** Takes what there is once everybody who could do better has had so much time. */
function within(course: Course, ms: number, others: readonly Runner[], found: Buffer): void {
  const youngest = Math.max(Number.NEGATIVE_INFINITY, ...others.map(({ askedAtMs }) => askedAtMs));
  const leftMs = ms - (course.clock.monotonic() - youngest);
  if (leftMs <= 0) finish(course, found);
  else later(course, leftMs, () => decide(course));
}

function finish(course: Course, found: Buffer | null): void {
  if (course.over) return;
  close(course, found);
  for (const runner of course.runners) if (!runner.settled) watchOn(course, runner, found !== null);
}

function abandon(course: Course): void {
  if (course.over) return;
  close(course, null);
  for (const { conversation } of course.runners) conversation.end();
}

function close(course: Course, found: Buffer | null): void {
  course.over = true;
  for (const alarm of course.pending) alarm.cancel();
  course.resolve(found);
}

/** Listens to one that lost, for what that teaches about its upstream. */
function watchOn({ alarms, clock }: Course, { page, conversation, askedAtMs }: Runner, anotherWon: boolean): void {
  conversation.quieten();
  const silentMs = clock.monotonic() - askedAtMs;
  const judge = () => page.silentSince(askedAtMs);
  if (silentMs >= SILENCE_MS) judge();
  const suspecting = silentMs < SILENCE_MS && anotherWon ? alarms.in(SILENCE_MS - silentMs, judge) : null;
  const ending = alarms.in(Math.max(0, LINGER_MS - silentMs), conversation.end);
  void conversation.reply.then(() => {
    suspecting?.cancel();
    ending.cancel();
  });
}
