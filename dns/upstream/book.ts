import type { Clock } from '../../system/index.ts';
import { formatUpstream, type Upstream } from './address.ts';

/** What experience says about the upstreams: how fast they are, who is silent now, which habits they have. */
export interface Book {
  page(upstream: Upstream): Page;
  /** Pages of those used lately. */
  pages(): readonly Page[];
}

/** One upstream. */
export interface Page {
  readonly upstream: Upstream;
  /** How long an answer usually takes at most; null until there was one. */
  usualMs(): number | null;
  /** It sent anything that belongs to a question, `rttMs` after it was asked once; null where that cannot be told. */
  replied(rttMs: number | null): void;
  /** What was said was no answer: SERVFAIL, REFUSED. */
  refused(): void;
  answered(): void;
  /** It was asked then and did not answer in a time in which it should have. A reply to anybody since then disproves it. */
  silentSince(askedAtMs: number): void;
  /** Nothing can be sent there: a closed port, no route. */
  unreachable(): void;
  /** It was passed over lately for being silent; it is asked last, never left out. */
  isSuspect(): boolean;
  /** True once in a while for a suspect: it is asked along with the others, at no cost in time. */
  takeTrial(): boolean;
  habits: Habits;
  counts: UpstreamCounts;
  report(): UpstreamReport;
}

/** Until when (monotonic milliseconds) a habit is believed; 0: it has none. */
export interface Habits {
  /** Fails on EDNS. */
  noEdnsUntilMs: number;
  /** Repeats questions in letters of its own. */
  otherCaseUntilMs: number;
}

export interface UpstreamCounts {
  queries: number;
  /** Silence, refusals and closed ports. */
  failures: number;
  /** Messages that belonged to no question: late ones, and forgeries. */
  unexpected: number;
  tcp: number;
}

export interface UpstreamReport extends Readonly<UpstreamCounts> {
  /** `address:port`. */
  readonly at: string;
  /** Smoothed time to an answer; null until there was one. */
  readonly rttMs: number | null;
  /** How long it has been a suspect; null if it is none. */
  readonly suspectForMs: number | null;
}

const MAX_PAGES = 1_000;
/** Weights of a new sample in the mean and in the deviation [RFC 6298 §2]. */
const GAIN = { mean: 1 / 8, deviation: 1 / 4 };
const TRIAL_INTERVAL_MS = 10_000;
/** So many refusals in a row, and nothing else, make a suspect too. */
const REFUSALS = 3;

export function createBook({ clock }: { readonly clock: Clock }): Book {
  const pages = new Map<string, Page>();
  return {
    page: (upstream) => {
      const key = formatUpstream(upstream);
      const page = pages.get(key) ?? createPage(clock, upstream);
      if (!pages.has(key) && pages.size >= MAX_PAGES) pages.delete(pages.keys().next().value ?? '');
      pages.set(key, page);
      return page;
    },
    pages: () => [...pages.values()],
  };
}

function createPage(clock: Clock, upstream: Upstream): Page {
  const counts: UpstreamCounts = { queries: 0, failures: 0, unexpected: 0, tcp: 0 };
  const habits: Habits = { noEdnsUntilMs: 0, otherCaseUntilMs: 0 };
  let meanMs: number | null = null;
  let deviationMs = 0;
  let repliedAtMs = Number.NEGATIVE_INFINITY;
  let suspectSinceMs: number | null = null;
  let nextTrialAtMs = 0;
  let refusals = 0;

  const suspect = (): void => {
    counts.failures += 1;
    suspectSinceMs ??= clock.monotonic();
    nextTrialAtMs = clock.monotonic() + TRIAL_INTERVAL_MS;
  };
  const measure = (rttMs: number): void => {
    if (meanMs === null) {
      meanMs = rttMs;
      deviationMs = rttMs / 2;
      return;
    }
    deviationMs += GAIN.deviation * (Math.abs(rttMs - meanMs) - deviationMs);
    meanMs += GAIN.mean * (rttMs - meanMs);
  };

  return {
    upstream,
    habits,
    counts,
    usualMs: () => (meanMs === null ? null : meanMs + 4 * deviationMs),
    replied: (rttMs) => {
      repliedAtMs = clock.monotonic();
      if (rttMs !== null) measure(rttMs);
    },
    answered: () => {
      refusals = 0;
      suspectSinceMs = null;
    },
    refused: () => {
      refusals += 1;
      if (refusals < REFUSALS) counts.failures += 1;
      else suspect();
    },
    silentSince: (askedAtMs) => {
      if (repliedAtMs < askedAtMs) suspect();
    },
    unreachable: suspect,
    isSuspect: () => suspectSinceMs !== null,
    takeTrial: () => {
      if (suspectSinceMs === null || clock.monotonic() < nextTrialAtMs) return false;
      nextTrialAtMs = clock.monotonic() + TRIAL_INTERVAL_MS;
      return true;
    },
    report: () => ({
      at: formatUpstream(upstream),
      ...counts,
      rttMs: meanMs === null ? null : Math.round(meanMs * 100) / 100,
      suspectForMs: suspectSinceMs === null ? null : Math.round(clock.monotonic() - suspectSinceMs),
    }),
  };
}
