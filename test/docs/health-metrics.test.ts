import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { addHealth } from '../../agent/health/health-metrics.ts';

test('Q40 docs/health.md describes every metric of the health checks', async () => {
  const page = readFileSync('docs/health.md', 'utf8');
  const described = [...page.matchAll(/^\| `([a-z_]+)(\{[a-z]+\})?` \|/gm)].map(([, name]) => `drover_health_${name}`);
  const registry = new Registry();
  addHealth(registry, () => ({ health: null, containers: new Map() }));
  const names = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !described.includes(name))).toEqual([]);
});
