import { formatUpstream, type Upstream } from '../../../model/index.ts';
import type { Clock } from '../../../system/index.ts';

/** What was observed about the upstreams: round-trip times, which do not answer now, and their quirks. */
export interface Statistics {
  of(upstream: Upstream): UpstreamStatistics;
  /** All recently used upstreams. */
  all(): readonly UpstreamStatistics[];
}

export interface UpstreamStatistics {
  readonly upstream: Upstream;
  /** Within this time the upstream usually answers; null before its first answer. */
  usualMs(): number | null;
  /** A message for one of our queries arrived, `rttMs` after the query; null if the round-trip time is not certain. */
  replied(rttMs: number | null): void;
  /** The reply was not an answer: SERVFAIL, REFUSED. */
  refused(): void;
  answered(): void;
  /** A query sent then is overdue. Ignored if the upstream has replied to any query since then. */
  silentSince(askedAtMs: number): void;
  /** The upstream cannot be reached: closed port, no route. */
  unreachable(): void;
  /** The upstream failed lately: it is asked last, but never left out. */
  isSuspect(): boolean;
  /** True at intervals for a suspect: ask it in parallel with the others, which costs no time. */
  takeTrial(): boolean;
  quirks: Quirks;
  counts: UpstreamCounts;
  report(): UpstreamReport;
}

/** Each quirk is assumed until a time (monotonic milliseconds); 0: not seen. */
export interface Quirks {
  /** Fails on EDNS. */
  noEdnsUntilMs: number;
  /** Repeats questions in another letter case. */
  otherCaseUntilMs: number;
}

export interface UpstreamCounts {
  queries: number;
  /** Timeouts, refusals and closed ports. */
  failures: number;
  /** Messages that match no query: late or forged replies. */
  unexpected: number;
  tcp: number;
}

export interface UpstreamReport extends Readonly<UpstreamCounts> {
  /** `address:port`. */
  readonly at: string;
  /** Smoothed round-trip time; null before the first answer. */
  readonly rttMs: number | null;
  /** How long the upstream has been a suspect; null if it is not one. */
  readonly suspectForMs: number | null;
  /** Of a suspect: whether it replies, but with errors. Absent in reports of older versions. */
  readonly refuses?: boolean;
}

const MAX_UPSTREAMS = 1_000;
/** Weights of a new sample in the mean and in the deviation [RFC 6298 §2]. */
const GAIN = { mean: 1 / 8, deviation: 1 / 4 };
const TRIAL_INTERVAL_MS = 10_000;
/** This many refusals in a row also make a suspect. */
const REFUSALS = 3;

export function createStatistics({ clock }: { readonly clock: Clock }): Statistics {
  const byAddress = new Map<string, UpstreamStatistics>();
  return {
    of: (upstream) => {
      const key = formatUpstream(upstream);
      const stats = byAddress.get(key) ?? createUpstreamStatistics(clock, upstream);
      if (!byAddress.has(key) && byAddress.size >= MAX_UPSTREAMS) byAddress.delete(byAddress.keys().next().value ?? '');
      byAddress.set(key, stats);
      return stats;
    },
    all: () => [...byAddress.values()],
  };
}

function createUpstreamStatistics(clock: Clock, upstream: Upstream): UpstreamStatistics {
  const counts: UpstreamCounts = { queries: 0, failures: 0, unexpected: 0, tcp: 0 };
  const quirks: Quirks = { noEdnsUntilMs: 0, otherCaseUntilMs: 0 };
  const rtt = createRoundTrip();
  let repliedAtMs = Number.NEGATIVE_INFINITY;
  let suspectSinceMs: number | null = null;
  let nextTrialAtMs = 0;
  let refusals = 0;

  const suspect = (): void => {
    counts.failures += 1;
    suspectSinceMs ??= clock.monotonic();
    nextTrialAtMs = clock.monotonic() + TRIAL_INTERVAL_MS;
  };
  const silent = (): void => {
    refusals = 0;
    suspect();
  };

  return {
    upstream,
    quirks,
    counts,
    usualMs: rtt.usualMs,
    replied: (rttMs) => {
      repliedAtMs = clock.monotonic();
      if (rttMs !== null) rtt.add(rttMs);
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
      if (repliedAtMs < askedAtMs) silent();
    },
    unreachable: silent,
    isSuspect: () => suspectSinceMs !== null,
    takeTrial: () => {
      if (suspectSinceMs === null || clock.monotonic() < nextTrialAtMs) return false;
      nextTrialAtMs = clock.monotonic() + TRIAL_INTERVAL_MS;
      return true;
    },
    report: () => ({
      at: formatUpstream(upstream),
      ...counts,
      rttMs: rtt.meanMs(),
      suspectForMs: suspectSinceMs === null ? null : Math.round(clock.monotonic() - suspectSinceMs),
      refuses: suspectSinceMs !== null && refusals > 0,
    }),
  };
}

/** Smoothed mean and deviation of the round-trip time, as TCP keeps them [RFC 6298]. */
function createRoundTrip() {
  let meanMs: number | null = null;
  let deviationMs = 0;
  return {
    add: (rttMs: number): void => {
      if (meanMs === null) {
        meanMs = rttMs;
        deviationMs = rttMs / 2;
        return;
      }
      deviationMs += GAIN.deviation * (Math.abs(rttMs - meanMs) - deviationMs);
      meanMs += GAIN.mean * (rttMs - meanMs);
    },
    usualMs: (): number | null => (meanMs === null ? null : meanMs + 4 * deviationMs),
    /** Rounded to a hundredth. */
    meanMs: (): number | null => (meanMs === null ? null : Math.round(meanMs * 100) / 100),
  };
}
