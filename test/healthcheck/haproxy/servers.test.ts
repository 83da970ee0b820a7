import { expect, test } from 'vitest';
import { Servers } from '../../../healthcheck/haproxy/servers.ts';
import { testLog } from '../../support/test-log.ts';
import { target } from '../target.ts';

test('setTargets() gives the identical target while nothing of it changes', () => {
  const servers = new Servers();
  const [first, other] = [target('a'), target('b')];
  expect(servers.setTargets([first, other]).get('a')).toBe(first);
  expect(servers.setTargets([target('a'), target('b', { intervalMs: 200 })]).get('a')).toBe(first);
  expect(servers.setTargets([target('b', { intervalMs: 200 })]).get('b')?.check.intervalMs).toBe(200);
  expect(servers.byName.size).toBe(1);
});

test('setTargets() takes the later one of two starts of a container, in any order', () => {
  const servers = new Servers();
  const [early, late] = [target('a'), target('a', {}, { startedAtMs: 2 })];
  expect([...servers.setTargets([early, late]).values()]).toEqual([late]);
  expect([...servers.setTargets([late, early]).values()]).toEqual([late]);
});

test('problems() names targets that cannot be checked, as long as they are wanted', () => {
  const servers = new Servers();
  const wanted = servers.setTargets([target('a'), target('bad', {}, { port: 0 })]);
  expect([...wanted.keys()]).toEqual(['a']);
  servers.setRefused(new Map([[[...servers.byName.keys()][0] ?? '', 'No such backend.']]), testLog('servers'));
  expect(servers.problems().map(({ subject, what }) => `${subject}: ${what}`)).toEqual([
    'health check of container bad: health_check.port is 0',
    'health check of container a: HAProxy refuses the check: No such backend.',
  ]);
  servers.setTargets([target('c')]);
  expect(servers.problems()).toEqual([]);
});
