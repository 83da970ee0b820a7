import { expect, test } from 'vitest';
import { listHealth } from '../../agent/control/health.ts';
import { viewOf } from '../../view/index.ts';
import { CHECK, container, declaration, snapshot } from '../view/world.ts';

test('listHealth() lists all containers by service, those without a check too, and the standalone ones last', () => {
  const world = snapshot({
    containers: [
      container('n1', null, '10.42.1.5', { labels: { 'drover.health.port': '81' } }),
      container('w1', 's/web', '10.42.1.1', { hostId: 'b', health: 'initializing', startedAtMs: 5 }),
      container('l1', 's/web/log', '10.42.1.4'),
      container('d1', 's/db', '10.42.1.2', { health: 'unhealthy' }),
    ],
    declarations: [declaration('s/web', { healthCheck: CHECK, sidekicks: ['log'] })],
  });
  const rows = listHealth(viewOf(world, 'a'), { turns: new Map(), nowMs: 10 });
  const shown = rows.map(({ stack, service, container: name, host, health, check, votes, sinceMs }) => [
    ...[stack, service, name, host, health, check?.port ?? null],
    ...[votes.map(({ host: at, by }) => `${at} ${by}`).join(), sinceMs],
  ]);
  expect(shown).toEqual([
    ['s', 'db', 'd1', 'a', 'unhealthy', null, 'a docker', null],
    ['s', 'web', 'w1', 'b', 'initializing', 80, 'b drover,b docker', 5],
    ['s', 'web/log', 'l1', 'a', null, null, '', null],
    [null, null, 'n1', 'a', null, 81, 'a drover', null],
  ]);
  expect(rows.map(({ next }) => next && `${next.kind}: ${next.why}`)).toMatchInlineSnapshot(`
    [
      "none: not running, or no check that Drover makes",
      "none: strategy none",
      null,
      "none: strategy none",
    ]
  `);
});
