import { describe, expect, test } from 'vitest';
import type { Container, Host } from '../../../model/index.ts';
import { checkersOf } from '../../../view/health/checkers.ts';
import {
  checkerHosts,
  checkersIn,
  checkTargets,
  findService,
  serviceCheck,
  standaloneTarget,
  viewOf,
} from '../../../view/index.ts';
import { at, BRIDGE, CHECK, container, declaration, host, snapshot, type World } from '../world.ts';

const SKIP = { 'io.rancher.host.healthcheck.deploy_strategy': 'skip' };
const named = (names: readonly string[], changes: Partial<Host> = {}) =>
  names.map((id) => host(id, { subnets: ['10.42.1.0/24'], ...changes }));
const hostsOf = (hosts: readonly Host[]) => checkersIn(snapshot({ hosts }));
const ids = Array.from({ length: 1_000 }, (_, n) => ({ id: `c${n}`, hostId: `h${n % 10}` }));
const HOSTS = Array.from({ length: 10 }, (_, n) => `h${n}`);

describe('checkersOf()', () => {
  test('names three hosts, the own one first, whatever the order of the hosts', () => {
    const checkers = hostsOf(named(HOSTS));
    const reversed = hostsOf(named(HOSTS).reverse());
    for (const one of ids) {
      const found = checkersOf(one, checkers);
      expect(found[0]).toBe(one.hostId);
      expect(new Set(found).size).toBe(3);
      expect(checkersOf(one, reversed)).toEqual(found);
    }
  });

  test('spreads the work evenly', () => {
    const checkers = hostsOf(named(HOSTS));
    const counts = new Map<string, number>();
    for (const one of ids) for (const id of checkersOf(one, checkers)) counts.set(id, (counts.get(id) ?? 0) + 1);
    expect(Math.min(...counts.values())).toBeGreaterThan(240);
    expect(Math.max(...counts.values())).toBeLessThan(360);
  });

  test('a host that comes or goes moves its own part only', () => {
    const before = hostsOf(named(HOSTS));
    const after = hostsOf(named(HOSTS.slice(0, 9)));
    for (const one of ids) {
      const old = checkersOf(one, before);
      const kept = old.filter((id) => id !== 'h9' || one.hostId === 'h9');
      expect(checkersOf(one, after)).toEqual(expect.arrayContaining([...kept]));
    }
  });

  test('one and two hosts are enough; a host that skips checks its own containers only', () => {
    const one = { id: 'c1', hostId: 'h0' };
    expect(checkersOf(one, hostsOf(named(['h0'])))).toEqual(['h0']);
    expect(checkersOf(one, hostsOf(named(['h0', 'h1'])))).toEqual(['h0', 'h1']);
    expect(checkersOf(one, hostsOf([...named(['h0']), ...named(['h1'], { labels: SKIP })]))).toEqual(['h0']);
    expect(checkersOf(one, hostsOf(named(['h0'], { labels: SKIP })))).toEqual(['h0']);
    expect(checkersOf(one, hostsOf([...named(['h0']), ...named(['h1'], { subnets: [] })]))).toEqual(['h0']);
  });
});

describe('checkTargets()', () => {
  const checked = declaration('s/web', { healthCheck: CHECK });
  const targets = (world: World, own = 'a') => {
    const view = viewOf(snapshot({ hosts: named(['a', 'b']), declarations: [checked], ...world }), own);
    const service = findService(view, 's/web');
    if (!service) throw new Error('no service s/web');
    return checkTargets(view, service, checkersIn(view.snapshot)).map((one) => `${one.container.id} ${one.address}`);
  };
  const web = (id: string, changes: Partial<Container> = {}, address: string | null = '10.42.1.1') =>
    container(id, 's/web', address, changes);

  test('its own containers, and those of other hosts on the managed network', () => {
    const containers = [web('c1'), web('c2', { hostId: 'b' }, '10.42.2.1')];
    expect(targets({ containers })).toEqual(['c1 10.42.1.1', 'c2 10.42.2.1']);
    expect(targets({ containers, hosts: [...named(['b']), ...named(['a'], { labels: SKIP })] })).toEqual([
      'c1 10.42.1.1',
    ]);
  });

  test('a container on a bridge is checked by its own host alone; one with the network of its host by others, too', () => {
    const containers = [
      web('c1', { addresses: [at(BRIDGE, '172.17.0.2')], ports: [{ hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' }] }),
      web('c2', { networkMode: 'host', addresses: [] }),
    ]; // biome-ignore format: one container a line
    expect(targets({ containers })).toEqual(['c1 172.17.0.2', 'c2 192.0.2.1']);
    expect(targets({ containers }, 'b')).toEqual(['c2 192.0.2.1']);
    const view = viewOf(snapshot({ hosts: named(['a', 'b']), containers }), 'b');
    const found = containers.map((one) => checkerHosts(view, one, CHECK, checkersIn(view.snapshot)));
    expect(found).toEqual([['a'], ['a', 'b']]);
  });

  test('a command needs no address, and runs on the host of the container only', () => {
    const containers = [web('c1', { networkMode: 'none' }, null), web('c2', { hostId: 'b' }, '10.42.2.1')];
    const declarations = [declaration('s/web', { healthCheck: { ...CHECK, port: 0, exec: ['true'] } })];
    expect(targets({ containers, declarations })).toEqual(['c1 null']);
    expect(targets({ containers, declarations }, 'b')).toEqual(['c2 null']);
    const managed = web('c3');
    const check = { ...CHECK, exec: ['true'] };
    const view = viewOf(snapshot({ hosts: named(['a', 'b']), containers: [managed] }), 'b');
    expect(checkerHosts(view, managed, check, checkersIn(view.snapshot))).toEqual(['a']);
  });

  test('whatever their health, but only started ones', () => {
    const containers = [
      web('c1', { health: 'unhealthy' }),
      web('c2', { state: 'starting', health: 'initializing' }, '10.42.1.2'),
      ...(['created', 'paused', 'restarting', 'stopping', 'stopped'] as const).map((state) => web(state, { state })),
    ];
    expect(targets({ containers })).toEqual(['c1 10.42.1.1', 'c2 10.42.1.2']);
  });

  test('none without a check; labels declare one, too, and the declaration comes first', () => {
    const labels = (port: string) => ({ 'drover.health.port': port });
    const undeclared = { declarations: [declaration('s/web')] };
    expect(targets({ containers: [web('c1')], ...undeclared })).toEqual([]);
    const labelled = [web('c1', { labels: labels('1') }), web('c2', { labels: labels('2'), createdAtMs: 9e12 })];
    const checkOf = (world: World) => {
      const view = viewOf(snapshot(world), 'a');
      const service = findService(view, 's/web');
      return service && serviceCheck(service)?.port;
    };
    expect(targets({ containers: labelled, ...undeclared })).toHaveLength(2);
    expect(checkOf({ containers: labelled, ...undeclared })).toBe(2);
    expect(checkOf({ containers: labelled, declarations: [declaration('s/web', { labels: labels('3') })] })).toBe(3);
    expect(checkOf({ containers: labelled, declarations: [checked] })).toBe(CHECK.port);
    const mistaken = [...labelled, web('c3', { labels: labels('x'), createdAtMs: 9.1e12 })];
    expect(checkOf({ containers: mistaken, ...undeclared })).toBe(2);
  });

  test('a container of no service is checked by its own labels', () => {
    const labels = { 'drover.health.port': '80' };
    const view = viewOf(snapshot({ containers: [container('c1', null, '10.42.1.1', { labels })] }), 'a');
    const find = (own: Container) => standaloneTarget(view, own).map(({ address, check }) => [address, check.port]);
    expect(find(container('c1', null, '10.42.1.1', { labels }))).toEqual([['10.42.1.1', 80]]);
    expect(find(container('c1', null, '10.42.1.1'))).toEqual([]);
    expect(find(container('c1', 's/web', '10.42.1.1', { labels }))).toEqual([]);
    const several = checkersIn(snapshot({ hosts: named(['a', 'b']) }));
    expect(checkerHosts(view, container('c1', null, '10.42.1.1', { labels }), CHECK, several)).toEqual(['a']);
  });
});
