import { expect, test } from 'vitest';
import { findContainers, lookupName, scopeOf, viewOf } from '../../view/index.ts';
import { container, host, snapshot, type World } from './world.ts';

const meaning = (world: World, name: string) => {
  const view = viewOf(snapshot(world), 'a');
  return lookupName(view, scopeOf(view, null), `${name}.rancher.internal`).meaning.kind;
};
const SERVICE = container('c1', 's/web', '10.42.1.1', { name: 'one' });

test('a name of a service, a container and a host is the service, then the container, then the host', () => {
  const named = (name: string) => container('c2', null, '10.42.1.2', { name });
  expect(meaning({ containers: [SERVICE, named('web.s')] }, 'web.s')).toBe('service');
  expect(meaning({ containers: [named('web.s')] }, 'web.s')).toBe('container');
  expect(meaning({ containers: [named('a.host')] }, 'a.host')).toBe('container');
  expect(meaning({}, 'a.host')).toBe('host');
  const both = container('c3', 'host/a', '10.42.1.3');
  expect(meaning({ containers: [both] }, 'a.host')).toBe('service');
});

test('a name stays as long as one of its bearers is left, and a parent as long as a name is below it', () => {
  const twins = [1, 2].map((n) => container(`c${n}`, null, `10.42.1.${n}`, { name: 'job.batch' }));
  let view = viewOf(snapshot({ containers: twins }), 'a');
  const kinds = () =>
    ['job.batch', 'batch'].map(
      (name) => lookupName(view, scopeOf(view, null), `${name}.rancher.internal`).meaning.kind,
    );
  const seen: (readonly string[])[] = [];
  for (const left of [twins, twins.slice(1), [], twins]) {
    view = viewOf(snapshot({ containers: left }), 'a', view);
    expect(findContainers(view, 'job.batch')).toHaveLength(left.length);
    seen.push(kinds());
  }
  const there = ['container', 'empty'];
  expect(seen).toEqual([there, there, ['unknown', 'unknown'], there]);
});

test('hosts that share a name are all meant, until one is left', () => {
  const hosts = [host('a', { name: 'node', hostname: 'node' }), host('b', { name: 'node', hostname: 'node' })];
  const idsOf = (world: World) => {
    const view = viewOf(snapshot(world), 'a');
    const found = lookupName(view, scopeOf(view, null), 'node.host.rancher.internal').meaning;
    return found.kind === 'host' ? found.hosts : found.kind;
  };
  expect(idsOf({ hosts })).toEqual(['a', 'b']);
  expect(idsOf({ hosts: hosts.slice(0, 1) })).toEqual(['a']);
});
