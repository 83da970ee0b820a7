import { expect, test } from 'vitest';
import type { Container } from '../../model/index.ts';
import { ASKER, type DependencyKey, endpointsOf, findService, viewOf } from '../../view/index.ts';
import { container, declaration, links, snapshot, type World } from './world.ts';

const starting = { health: 'initializing', wasReady: false } as const;
const MEMBER = container('n1', 'es/node', '10.42.1.1', starting);
const WORLD: World = {
  containers: [
    MEMBER,
    container('n2', 'es/node', '10.42.1.2', { health: 'unhealthy', wasReady: false }),
    container('n3', 'es/node', '10.42.2.3', { ...starting, hostId: 'b' }),
    container('n4', 'es/node', '10.42.1.4', { state: 'stopped' }),
    container('log', 'es/node/log', '10.42.1.5', starting),
    container('app', 'es/app', '10.42.1.6'),
    container('twin', 'other/node', '10.42.1.7'),
  ],
};

/** The last numbers of the addresses that an asker gets, and whether they depend on the asker. */
function seen(service: string, asker: string | null, more: World = {}): string {
  const containers = [...(WORLD.containers ?? []), ...(more.containers ?? [])];
  const view = viewOf(snapshot({ ...more, containers }), 'a');
  const found = findService(view, service);
  if (!found) throw new Error(`no service ${service}`);
  const keys = new Set<DependencyKey>();
  const by = containers.find(({ id }) => id === asker) ?? null;
  const { answer } = endpointsOf(view, found, 'dns', by, { depends: (on) => void keys.add(on) });
  const numbers = answer.map(({ address }) => address.split('.')[3]);
  return [...numbers, keys.has(ASKER) ? '(asker)' : ''].join(' ').trim();
}

test.each<[string, string | null, string]>([
  ['es/node', 'n1', '1 2 3 (asker)'],
  ['es/node', 'n2', '1 2 3 (asker)'],
  ['es/node', 'app', '(asker)'],
  ['es/node', 'log', '(asker)'],
  ['es/node', 'twin', '(asker)'],
  ['es/node', null, '(asker)'],
  ['es/node/log', 'log', '5 (asker)'],
  ['es/node/log', 'n1', '(asker)'],
  ['es/app', 'n1', '6'],
])('%s, asked by %s: %s', (service, asker, expected) => {
  expect(seen(service, asker)).toBe(expected);
});

test('an alias has the members of each service that it stands for, for these members', () => {
  const declarations = [declaration('es/all', { kind: 'dnsService', links: links('es/node', 'es/app') })];
  expect(seen('es/all', 'n1', { declarations })).toBe('1 2 3 6 (asker)');
  expect(seen('es/all', 'app', { declarations })).toBe('6 (asker)');
});

test('`answers: started` gives everybody every started endpoint, by label, by manifest, and of an alias', () => {
  const options = { answers: 'started' };
  const labelled = {
    containers: [
      container('n5', 'es/node', '10.42.1.9', { ...starting, createdAtMs: 9, labels: { 'drover.answers': 'started' } }),
    ],
  };
  expect(seen('es/node', 'app', labelled)).toBe('1 2 3 9 (asker)');
  expect(seen('es/node', null, { declarations: [declaration('es/node', { options })] })).toBe('1 2 3 (asker)');
  const alias = declaration('es/all', { kind: 'dnsService', links: links('es/node'), options });
  expect(seen('es/all', null, { declarations: [alias] })).toBe('1 2 3');
});

test('a service without members on this host has one answer for all askers of this host', () => {
  const away = (id: string, more: Partial<Container>) =>
    container(id, 'far/node', '10.42.2.9', { ...more, hostId: 'b' });
  expect(seen('far/node', 'app', { containers: [away('f1', starting)] })).toBe('');
  expect(seen('far/node', null, { containers: [away('f1', {})] })).toBe('9');
});

test('a virtual address stands for the members by the plain name, and all. gives them', () => {
  const view = viewOf(snapshot({ ...WORLD, declarations: [declaration('es/node', { vip: '10.1.1.1' })] }), 'a');
  const service = findService(view, 'es/node');
  const addresses = (consumer: 'dns' | 'all') =>
    service && endpointsOf(view, service, consumer, MEMBER).answer.map(({ address }) => address);
  expect(addresses('dns')).toEqual(['10.1.1.1']);
  expect(addresses('all')).toEqual(['10.42.1.1', '10.42.1.2', '10.42.2.3']);
});
