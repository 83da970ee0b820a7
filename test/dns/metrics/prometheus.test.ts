import { describe, expect, test } from 'vitest';
import { asDnsReport, renderDnsMetrics, summarizeDns } from '../../../dns/metrics/index.ts';
import { someReport } from './reports.ts';

const lines = renderDnsMetrics(someReport()).split('\n');

describe('metrics', () => {
  test('each family has one HELP and one TYPE line, and every sample belongs to a family', () => {
    const families = lines.flatMap((line) => /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line)?.[1] ?? []);
    const helps = lines.flatMap((line) => /^# HELP (\S+) \S/.exec(line)?.[1] ?? []);
    expect(families).toEqual(helps);
    expect(new Set(families).size).toBe(families.length);
    const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
    for (const sample of samples) {
      expect(sample).toMatch(/^drover_dns_[a-z_]+(\{[a-z]+="[^"]+"(,le="[^"]+")?\})? [0-9.e+-]+$/);
      const name = /^[a-z_]+/.exec(sample)?.[0] ?? '';
      expect(families).toContain(families.includes(name) ? name : name.replace(/_(bucket|sum|count)$/, ''));
    }
    for (const family of families.filter((name) => name.endsWith('_total'))) {
      expect(lines).toContain(`# TYPE ${family} counter`);
    }
  });

  test.each([
    'drover_dns_queries_total 1000',
    'drover_dns_queries_by_type_total{type="AAAA"} 97',
    'drover_dns_queries_by_rcode_total{rcode="NXDOMAIN"} 1',
    'drover_dns_dropped_total{reason="flood"} 3',
    'drover_dns_held_total 1',
    'drover_dns_upstream_queries_total{upstream="10.0.0.2:53"} 7',
    'drover_dns_upstream_failures_total{upstream="10.0.0.3:53"} 4',
    'drover_dns_upstream_rtt_seconds{upstream="10.0.0.2:53"} 0.00125',
    'drover_dns_upstream_suspect{upstream="10.0.0.3:53"} 1',
    'drover_dns_cache_misses_total 2',
    'drover_dns_hot_entries 12',
    'drover_dns_batching{mode="batch"} 1',
    'drover_dns_revision 42',
    'drover_dns_age_seconds 0',
  ])('%s', (line) => expect(lines).toContain(line));

  test('a histogram has all bounds, is cumulative, and ends with its count', () => {
    const buckets = lines.flatMap((line) => {
      const [, le, count] = /^drover_dns_latency_seconds_bucket\{path="general",le="([^"]+)"\} (\d+)$/.exec(line) ?? [];
      return le === undefined ? [] : [[le, Number(count)] as const];
    });
    expect(buckets).toHaveLength(49);
    expect(buckets.slice(0, -1).map(([le]) => Number(le))).toEqual(
      buckets
        .slice(0, -1)
        .map(([le]) => Number(le))
        .sort((a, b) => a - b),
    );
    const below = (seconds: string) => buckets.find(([le]) => le === seconds)?.[1];
    expect([below('0.000096'), below('0.000128'), below('0.000256'), below('0.000384'), below('+Inf')]).toEqual([
      0, 1, 1, 2, 2,
    ]);
    expect(lines).toContain('drover_dns_latency_seconds_sum{path="general"} 0.0004');
    expect(lines).toContain('drover_dns_latency_seconds_count{path="general"} 2');
  });

  test('an answers file adds its names and failures', () => {
    const ofFile = renderDnsMetrics(someReport({ served: { revision: 2, ageSeconds: 60, names: 7, failures: 1 } }));
    expect(ofFile).toMatch(/^drover_dns_answers_names 7$/m);
    expect(ofFile).toMatch(/^drover_dns_answers_failures_total 1$/m);
    expect(lines.join('\n')).not.toContain('answers_names');
  });
});

test('the summary in `drover status`', () => {
  expect(summarizeDns(someReport())).toBe(
    '1,000 queries (100 % hot, 0 % general, 0 % forwarded, 0 % cached), p99 0.012 ms, 3 dropped, UDP in batches; ' +
      '10.0.0.2:53 in 1.3 ms, 10.0.0.3:53 NO ANSWER for 12 s',
  );
  const { forwarding } = someReport();
  const refusing = forwarding.resolvers.map((one) => ({ ...one, refuses: one.suspectForMs !== null }));
  expect(summarizeDns(someReport({ forwarding: { ...forwarding, resolvers: refusing } }))).toContain(
    '10.0.0.2:53 in 1.3 ms, 10.0.0.3:53 ONLY ERRORS for 12 s',
  );
  const fresh = someReport({ queries: 0, paths: {}, drops: {}, batching: { mode: 'dgram', problem: null } });
  expect(summarizeDns({ ...fresh, forwarding: { ...fresh.forwarding, resolvers: [] } })).toBe(
    '0 queries, none dropped, UDP without batches',
  );
  const problem = { subject: 'addon udp-batch', what: 'it was not compiled', hint: 'install gcc' };
  expect(summarizeDns(someReport({ batching: { mode: 'dgram', problem } }))).toContain(
    ', UDP without batches (addon udp-batch: it was not compiled; install gcc)',
  );
});

test('a report survives the feed as JSON; anything else is rejected', () => {
  const report = someReport();
  expect(asDnsReport(JSON.parse(JSON.stringify({ loaded: true, ...report })))).toMatchObject(report);
  const others = [null, 7, 'x', [], {}, { queries: 3 }, { ...report, hot: 5 }, { ...report, forwarding: {} }];
  expect(others.map(asDnsReport)).toEqual(others.map(() => null));
  expect(JSON.stringify(report).length).toBeLessThan(2_000);
});
