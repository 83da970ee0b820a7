import { BUCKETS, bucketBound, type HistogramReport } from './histogram.ts';
import type { DnsReport } from './report.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** The report in the text format of Prometheus, to be appended to other metrics. */
export function renderDnsMetrics(report: DnsReport): string {
  return [...traffic(report), ...upstreams(report), ...stores(report), ...extensions(report)].join('');
}

function traffic(report: DnsReport): readonly string[] {
  const { queries, held, malformed, types, answers, paths, drops } = report;
  return [
    counter('queries_total', 'Replies to queries', [[{}, queries]]),
    counter('queries_by_type_total', 'Replies by type of the question', labelled('type', types)),
    counter('queries_by_rcode_total', 'Replies by response code', labelled('rcode', answers)),
    histogram('latency_seconds', 'From receipt to reply, by path', paths),
    counter('dropped_total', 'Messages without a reply, by reason', labelled('reason', drops)),
    counter('malformed_total', 'Messages that were not queries', [[{}, malformed]]),
    counter('held_total', 'Queries that waited until a starting container was identified', [[{}, held]]),
  ];
}

function upstreams({ forwarding }: DnsReport): readonly string[] {
  const { resolvers, loops, underWay, refused } = forwarding;
  const each = (read: (one: (typeof resolvers)[number]) => number | null): readonly Sample[] =>
    resolvers.flatMap((one) => {
      const value = read(one);
      return value === null ? [] : [[{ upstream: one.at }, value] as const];
    });
  return [
    counter(
      'upstream_queries_total',
      'Queries sent to an upstream',
      each((one) => one.queries),
    ),
    counter(
      'upstream_failures_total',
      'Timeouts, refusals and closed ports',
      each((one) => one.failures),
    ),
    counter(
      'upstream_unexpected_total',
      'Messages that matched no query in flight',
      each((one) => one.unexpected),
    ),
    counter(
      'upstream_tcp_total',
      'Queries repeated over TCP',
      each((one) => one.tcp),
    ),
    gauge(
      'upstream_rtt_seconds',
      'Smoothed round-trip time',
      each((one) => scaled(one.rttMs)),
    ),
    gauge(
      'upstream_suspect',
      '1 while the upstream is tried last because it did not answer',
      each((one) => bit(one.suspectForMs !== null)),
    ),
    gauge('upstream_loops', 'Upstreams not used because they forward to this server', [[{}, loops.length]]),
    gauge('upstream_waiting', 'Queries in flight to upstreams', [[{}, underWay]]),
    counter('upstream_refused_total', 'Queries refused because too many were in flight', [[{}, refused]]),
  ];
}

function stores({ forwarding: { cache }, hot, batching, served }: DnsReport): readonly string[] {
  const { names, failures } = served;
  const optional = (value: number | undefined): readonly Sample[] => (value === undefined ? [] : [[{}, value]]);
  return [
    gauge('cache_entries', 'Upstream replies kept', [[{}, cache.entries]]),
    gauge('cache_bytes', 'Memory they use', [[{}, cache.bytes]]),
    counter('cache_hits_total', 'Queries answered from the cache', [[{}, cache.hits]]),
    counter('cache_misses_total', 'Queries not in the cache', [[{}, cache.misses]]),
    counter('cache_stale_total', 'Expired answers that were given because no upstream answered', [[{}, cache.stale]]),
    counter('cache_evictions_total', 'Replies removed to make room', [[{}, cache.evictions]]),
    gauge('hot_entries', 'Encoded replies in the table of the hot path', [[{}, hot.entries]]),
    gauge('hot_bytes', 'Memory they use', [[{}, hot.bytes]]),
    counter('hot_loaded_total', 'Replies encoded for the table', [[{}, hot.loaded]]),
    counter('hot_faults_total', 'Queries that failed on the hot path; each is a bug', [[{}, hot.faults]]),
    gauge('batching', '1 for the way UDP is read', [[{ mode: batching.mode }, 1]]),
    gauge('revision', 'Revision of the state', [[{}, served.revision]]),
    gauge('age_seconds', 'Age of the state; 0 while connected to the agent', [[{}, served.ageSeconds]]),
    gauge('answers_names', 'Names in the answers file', optional(names)),
    counter('answers_failures_total', 'Failed attempts to read the answers file', optional(failures)),
  ];
}

function extensions(report: DnsReport): readonly string[] {
  return Object.values(report.extensions ?? {}).flatMap(({ metrics }) =>
    metrics.map(({ kind, name, help, samples }) => (kind === 'counter' ? counter : gauge)(name, help, samples)),
  );
}

function counter(name: string, help: string, samples: readonly Sample[]): string {
  return family(
    name,
    help,
    'counter',
    samples.map(([labels, value]) => line(name, labels, value)),
  );
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  return family(
    name,
    help,
    'gauge',
    samples.map(([labels, value]) => line(name, labels, value)),
  );
}

function histogram(name: string, help: string, of: Readonly<Record<string, HistogramReport>>): string {
  const lines = Object.entries(of).flatMap(([path, { count, sumMicros, buckets }]) => {
    let below = 0;
    const inBuckets = new Map(buckets);
    // Empty buckets too: a bound that appears later would look like a burst of slow queries.
    const bucketLines = Array.from({ length: BUCKETS }, (_, bucket) => {
      below += inBuckets.get(bucket) ?? 0;
      return line(`${name}_bucket`, { path, le: String(bucketBound(bucket) / 1e6) }, below);
    });
    const last = line(`${name}_bucket`, { path, le: '+Inf' }, count);
    return [
      ...bucketLines,
      last,
      line(`${name}_sum`, { path }, sumMicros / 1e6),
      line(`${name}_count`, { path }, count),
    ];
  });
  return family(name, help, 'histogram', lines);
}

/** Empty without samples. */
function family(name: string, help: string, type: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return [`# HELP drover_dns_${name} ${help}`, `# TYPE drover_dns_${name} ${type}`, ...lines, ''].join('\n');
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text.replace(/[\\"\n]/g, '')}"`);
  return `drover_dns_${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

function labelled(label: string, counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([text, count]) => [{ [label]: text }, count] as const);
}

function scaled(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}

function bit(value: boolean): number {
  return value ? 1 : 0;
}
