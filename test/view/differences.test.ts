import { expect, test } from 'vitest';
import type { Snapshot } from '../../model/index.ts';
import { differences, viewOf } from '../../view/index.ts';
import { container, declaration, ENVIRONMENT, host, network, snapshot, type World } from './world.ts';

const WEB = container('c1', 's/web', '10.42.1.1', { name: 'web-1' });
const A = host('a');
const LOG = declaration('s/web', { sidekicks: ['log'] });
const WORLD: World = { hosts: [A, host('b')], containers: [WEB], declarations: [declaration('s/db'), LOG] };

function changed(after: Partial<Snapshot> | World, hostId = 'a'): 'everything' | readonly string[] {
  const first = snapshot(WORLD);
  const before = viewOf(first, 'a');
  const isWorld = 'containers' in after || 'declarations' in after || 'networks' in after;
  const next = isWorld
    ? sharing(first, snapshot({ ...WORLD, ...(after as World) }))
    : { ...first, ...(after as object) };
  const found = differences(before, viewOf(next, hostId, hostId === 'a' ? before : undefined));
  return found === 'everything' ? found : [...found].toSorted();
}

/** The second snapshot, with the equal objects of the first, as the state builds it. */
function sharing(first: Snapshot, second: Snapshot): Snapshot {
  const share = <V>(old: ReadonlyMap<string, V>, now: ReadonlyMap<string, V>): ReadonlyMap<string, V> =>
    JSON.stringify([...old]) === JSON.stringify([...now]) ? old : now;
  const hosts = [...second.hosts].map(([id, now]) => {
    const old = first.hosts.get(id);
    if (!old) return [id, now] as const;
    const [containers, networks] = [share(old.containers, now.containers), share(old.networks, now.networks)];
    const same = containers === old.containers && networks === old.networks && now.host?.name === old.host?.name;
    return [id, same ? old : { ...now, host: old.host, containers, networks, facts: old.facts }] as const;
  });
  return { ...second, hosts: new Map(hosts), declarations: share(first.declarations, second.declarations) };
}

test.each<[string, Parameters<typeof changed>]>([
  ['of another host', [{}, 'b']],
  ['that is complete or not', [{ complete: false }]],
  ['of another environment', [{ environment: { ...ENVIRONMENT, uuid: 'other' } }]],
  ['with fewer suffixes', [{ environment: { ...ENVIRONMENT, suffixes: ENVIRONMENT.suffixes.slice(0, 1) } }]],
  ['with more suffixes', [{ environment: { ...ENVIRONMENT, suffixes: [...ENVIRONMENT.suffixes, 'x.'] } }]],
  ['with another suffix', [{ environment: { ...ENVIRONMENT, suffixes: ['rancher.internal.', 'x.'] } }]],
  ['with one more sidekick', [{ declarations: [{ ...LOG, sidekicks: ['log', 'more'] }] }]],
  ['without sidekicks', [{ declarations: [{ ...LOG, sidekicks: [] }] }]],
  ['with another sidekick', [{ declarations: [{ ...LOG, sidekicks: ['more'] }] }]],
  ['whose sidekick has another primary service', [{ declarations: [declaration('s/db', { sidekicks: ['log'] })] }]],
])('differences() has everything for a view %s', (_title, inputs) => {
  expect(changed(...inputs)).toBe('everything');
});

test('differences() has nothing for the same view, and names what changed otherwise', () => {
  const view = viewOf(snapshot(WORLD), 'a');
  expect(differences(view, view)).toEqual(new Set());
  expect(changed({ containers: [] })).toEqual([
    'container:c1',
    'docker:c1@net-managed',
    'docker:web-1@net-managed',
    'name:web-1',
    'revision',
    'service:s/web',
  ]);
  expect(changed({ containers: [WEB], networks: [network('a', 'n')] })).toEqual(['host:a', 'revision']);
  expect(changed({ containers: [WEB, container('c2', 't/x', '10.42.1.2')] })).toEqual([
    'container:c2',
    'docker:c2@net-managed',
    'name:c2',
    'name:t',
    'name:x.t',
    'revision',
    'service:t/x',
    'stack:t',
  ]);
});
