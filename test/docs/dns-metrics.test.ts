import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderReport } from '../../dns/kernel/report.ts';
import { renderDnsMetrics } from '../../dns/metrics/index.ts';
import { someReport } from '../dns/metrics/reports.ts';

test('Q40 docs/dns.md describes every metric of the DNS process', () => {
  const page = readFileSync('docs/dns.md', 'utf8');
  const named = new Set([...page.matchAll(/`(_?[a-z]+(?:_[a-z]+)*_?)(?:\{[a-z]+\})?`/g)].map(([, name]) => name ?? ''));
  const report = someReport({ served: { revision: 1, ageSeconds: 0, names: 1, failures: 0 } });
  const counts = { answered: 1, passedUnknown: 0, passedStale: 0, passedForeign: 0, entries: 1, devices: 1 };
  const kernel = renderReport({ mode: 'on', ...counts });
  const text = renderDnsMetrics({ ...report, extensions: { kernel } });
  const families = [...text.matchAll(/^# TYPE drover_dns_(\S+)/gm)].map(([, name]) => name ?? '');
  expect(families.length).toBeGreaterThan(25);
  // `_misses_` is short for cache_misses_total, next to cache_hits_total.
  const isNamed = (family: string) => named.has(family) || named.has(`_${family.split('_')[1]}_`);
  expect(families.filter((family) => !isNamed(family))).toEqual([]);
});
