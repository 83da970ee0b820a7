import { type HistogramReport, quantileMicros } from './histogram.ts';
import type { DnsReport } from './report.ts';

/** The report in one line, for people: `12,034 queries (96 % hot), p99 0.4 ms, none dropped; 10.0.0.2:53 in 1.2 ms`. */
export function summarizeDns(report: DnsReport): string {
  const { queries, paths, drops, forwarding, batching, extensions = {} } = report;
  const all = Object.values(paths);
  const inAll = all.reduce((sum, { count }) => sum + count, 0);
  const shares = Object.entries(paths)
    .map(([path, { count }]) => `${Math.round((count / Math.max(1, inAll)) * 100)} % ${path}`)
    .join(', ');
  const p99 = quantileMicros(merged(all), 0.99);
  const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0);
  const traffic = [
    `${grouped(queries)} queries${shares === '' ? '' : ` (${shares})`}`,
    ...(p99 === null ? [] : [`p99 ${p99 / 1_000} ms`]),
    `${dropped === 0 ? 'none' : grouped(dropped)} dropped`,
    describeBatching(batching),
    ...Object.values(extensions).flatMap(({ summary }) => summary ?? []),
  ].join(', ');
  const upstreams = forwarding.resolvers.map(describeUpstream).join(', ');
  return upstreams === '' ? traffic : `${traffic}; ${upstreams}`;
}

function describeBatching({ mode, problem }: DnsReport['batching']): string {
  if (mode === 'batch') return 'UDP in batches';
  return problem ? `UDP without batches (${problem.subject}: ${problem.what}; ${problem.hint})` : 'UDP without batches';
}

function describeUpstream(resolver: DnsReport['forwarding']['resolvers'][number]): string {
  const { at, rttMs, suspectForMs, refuses } = resolver;
  const state = refuses ? 'ONLY ERRORS' : 'NO ANSWER';
  if (suspectForMs !== null) return `${at} ${state} for ${Math.round(suspectForMs / 1_000)} s`;
  return rttMs === null ? at : `${at} in ${Math.round(rttMs * 10) / 10} ms`;
}

function merged(histograms: readonly HistogramReport[]): HistogramReport {
  const buckets = new Map<number, number>();
  for (const histogram of histograms)
    for (const [bucket, count] of histogram.buckets) buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
  return {
    count: histograms.reduce((sum, { count }) => sum + count, 0),
    sumMicros: histograms.reduce((sum, { sumMicros }) => sum + sumMicros, 0),
    buckets: [...buckets].sort(([a], [b]) => a - b),
  };
}

/** `12,034`. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
