import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { addHealth, countByHealth } from '../../agent/health/health-metrics.ts';
import { healthStatus, voterStatus } from '../../agent/health/health-status.ts';
import type { CheckerStatus } from '../../healthcheck/index.ts';
import { viewOf } from '../../view/index.ts';
import { container, snapshot } from '../view/world.ts';

const STATUS: CheckerStatus = { state: 'connected', able: true, suspended: false, restarts: 2, problems: [] };
const COUNTS = { targets: { up: 3, down: 1, waiting: 0 }, held: 1 };

async function render(changes: Partial<CheckerStatus> | null): Promise<readonly string[]> {
  const registry = new Registry();
  const checker = { status: () => ({ ...STATUS, ...changes }), counts: () => COUNTS };
  const health = changes && healthStatus(checker, new Map([['unhealthy', 4]]));
  addHealth(registry, () => ({ health, containers: new Map([['healthy', 5]]) }));
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('addHealth() renders the checks of this host, and the health of its containers', async () => {
  expect(await render({})).toEqual([
    'drover_health_containers{state="healthy"} 5',
    'drover_health_changes_total{state="unhealthy"} 4',
    'drover_health_targets{result="up"} 3',
    'drover_health_targets{result="down"} 1',
    'drover_health_targets{result="waiting"} 0',
    'drover_health_held 1',
    'drover_health_voting 1',
    'drover_health_suspended 0',
    'drover_health_haproxy_up 1',
    'drover_health_haproxy_restarts_total 2',
  ]);
  const suspended = await render({ suspended: true, state: 'starting' });
  expect(suspended).toEqual(expect.arrayContaining(['drover_health_voting 0', 'drover_health_suspended 1']));
  expect(suspended).toContain('drover_health_haproxy_up 0');
  expect(await render({ able: false })).toContain('drover_health_voting 0');
  expect((await render({ state: 'idle' })).filter((line) => line.includes('haproxy_up'))).toEqual([]);
  expect(await render(null)).toEqual(['drover_health_containers{state="healthy"} 5']);
});

test('countByHealth() counts the running containers of this host', () => {
  const labels = { 'drover.health.port': '80' };
  const containers = [
    container('c1', 's/web', '10.42.1.1', { health: 'healthy', labels }),
    container('c2', 's/web', '10.42.1.2', { health: 'unhealthy', labels }),
    container('c3', 's/new', '10.42.1.3', { labels }),
    container('c4', 's/none', '10.42.1.4'),
    container('c5', 's/db', '10.42.1.5', { health: 'healthy', state: 'stopped' }),
    container('c6', 's/db', '10.42.2.6', { health: 'healthy', hostId: 'b' }),
  ];
  const counts = Object.fromEntries(countByHealth(viewOf(snapshot({ containers }), 'a')));
  expect(counts).toEqual({ initializing: 0, reinitializing: 0, healthy: 1, unhealthy: 1, unchecked: 1 });
});

test('voterStatus() tells other hosts why this one does not vote, and nothing of single checks', () => {
  const single = { subject: 'health check of container c1', what: 'port is 0', hint: 'use a port' };
  const missing = { subject: 'haproxy', what: 'is not installed', hint: 'install it' };
  const told = (changes: Partial<CheckerStatus>) =>
    voterStatus({ ...STATUS, problems: [single], ...changes }).problems.map(({ what }) => what);
  expect(told({})).toEqual([]);
  expect(told({ suspended: true })).toEqual([expect.stringMatching(/^most checks of this host failed at once/)]);
  expect(told({ able: false, problems: [missing, single] })).toEqual(['is not installed']);
});
