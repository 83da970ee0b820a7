import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createTrees, findVersion, NEWEST, type Value, type ValueObject, type Version } from '../../metadata/index.ts';
import { type Host, type HostState, NO_BALANCER_OPTIONS, NO_RULE_OPTIONS, type Snapshot } from '../../model/index.ts';
import { type HostView, identify, viewOf } from '../../view/index.ts';
import { at, BRIDGE, container, declaration, ENVIRONMENT, host, MANAGED, snapshot, type World } from '../view/world.ts';
import { ALONE, LOG_1, SHOP, WEB_1, WEB_2 } from './shop.ts';

/** A map as JSON text, with the keys in reverse order. */
function reversed(json: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(json) as object).reverse()));
}

function plain(value: Value): unknown {
  return JSON.parse(JSON.stringify(value));
}

function treeOf(world: World, versionName = 'latest', address = ''): Record<string, unknown> {
  const view = viewOf(snapshot(world), 'a');
  const version = findVersion(versionName) as Version;
  return plain(createTrees()(view, version, identify(view, address))) as Record<string, unknown>;
}

const names = (list: unknown) => (list as { name: string }[]).map(({ name }) => name);

describe('the tree', () => {
  it('has the top-level keys of the original', () => {
    expect(Object.keys(treeOf(SHOP)).sort()).toEqual(
      'containers environments hosts name networks region_name self services stacks uuid version'.split(' '),
    );
    expect(Object.keys(treeOf(SHOP, '2015-12-19'))).not.toContain('environments');
    expect(treeOf(SHOP)).toMatchObject({
      name: 'default',
      uuid: ENVIRONMENT.uuid,
      region_name: null,
      environments: null,
    });
  });

  it('has every field of a container', () => {
    const { container: shown, service } = treeOf(SHOP, 'latest', '10.42.1.7').self as Record<string, ValueObject>;
    expect(shown).toEqual({
      create_index: 1,
      dns: ['169.254.169.250', '9.9.9.9'],
      dns_search: ['web.shop.rancher.internal', 'shop.rancher.internal', 'rancher.internal'],
      environment_uuid: ENVIRONMENT.uuid,
      external_id: 'web-1-id',
      health_check: {
        healthy_threshold: 2,
        interval: 2000,
        port: 8081,
        request_line: 'GET / HTTP/1.0',
        response_timeout: 2000,
        unhealthy_threshold: 3,
      },
      health_check_hosts: ['a', 'b'],
      health_state: 'healthy',
      host_uuid: 'a',
      hostname: 'web1',
      ips: ['10.42.1.7'],
      labels: WEB_1.labels,
      links: null,
      memory_reservation: null,
      metadata_kind: 'container',
      milli_cpu_reservation: null,
      name: 'shop-web-1',
      network_from_container_uuid: null,
      network_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ports: ['0.0.0.0:8080:80/tcp', '10.0.0.9:81:81/udp'],
      primary_ip: '10.42.1.7',
      primary_mac_address: '02:42:0a:2a:01:07',
      service_index: '1',
      service_name: 'web',
      service_uuid: service?.uuid,
      stack_name: 'shop',
      stack_uuid: service?.stack_uuid,
      start_count: 1,
      state: 'running',
      system: false,
      uuid: 'uuid-web-1-id',
    });
  });

  it('has every field of a service', () => {
    const tree = treeOf(SHOP);
    expect((tree.services as unknown[])[1]).toEqual({
      containers: (tree.containers as unknown[]).slice(0, 2),
      create_index: 2,
      environment_uuid: ENVIRONMENT.uuid,
      expose: [],
      external_ips: [],
      fqdn: null,
      health_check: expect.objectContaining({ port: 8081 }),
      hostname: null,
      kind: 'service',
      labels: { 'a/b': 'x<y', 'spaced key': 'a b' },
      lb_config: null,
      links: { 'shop/db': 'mysql' },
      metadata: { greeting: 'hello', list: [{ name: 'r1', id: 1 }, { name: 'r2' }], ratio: 0.5 },
      metadata_kind: 'service',
      name: 'web',
      ports: ['8080:80/tcp'],
      primary_service_name: 'web',
      scale: 2,
      sidekicks: ['log'],
      stack_name: 'shop',
      stack_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      state: 'active',
      system: false,
      token: null,
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      vip: null,
    });
  });

  it('has every field of lb_config', () => {
    const rule = {
      sourcePort: 80,
      protocol: 'http' as const,
      path: '/app',
      hostname: null,
      service: 'Shop/Web',
      targetPort: 8080,
      priority: 1,
      backendName: null,
      selector: null,
      weight: 1,
      pathMatch: 'prefix' as const,
      container: null,
      options: NO_RULE_OPTIONS,
    };
    const stickiness = {
      name: null,
      cookie: 'SRV',
      domain: null,
      indirect: true,
      nocache: false,
      postonly: false,
      mode: null,
    };
    const lbConfig = {
      certs: ['c'],
      defaultCert: 'd',
      config: 'x',
      stickinessPolicy: stickiness,
      portRules: [rule],
      options: NO_BALANCER_OPTIONS,
      sinceMs: null,
    };
    const [lb] = treeOf({ declarations: [declaration('shop/lb', { kind: 'loadBalancerService', lbConfig })] })
      .services as ValueObject[];
    expect(lb).toMatchObject({ kind: 'loadBalancerService', containers: null, scale: null });
    expect(lb?.lb_config).toEqual({
      certs: ['c'],
      config: 'x',
      default_cert: 'd',
      port_rules: [
        {
          backend_name: null,
          environment: null,
          hostname: null,
          path: '/app',
          priority: 1,
          protocol: 'http',
          region: null,
          selector: null,
          service: 'Shop/Web',
          source_port: 80,
          target_port: 8080,
          weight: 1,
        },
      ],
      stickiness_policy: stickiness,
    });
  });

  it('has every field of stack, host and network', () => {
    const { stacks, hosts, networks } = treeOf(SHOP) as Record<string, ValueObject[]>;
    expect(stacks?.[0]).toEqual({
      environment_name: 'default',
      environment_uuid: ENVIRONMENT.uuid,
      metadata_kind: 'stack',
      name: 'shop',
      services: treeOf(SHOP).services,
      system: false,
      uuid: expect.any(String),
    });
    expect(hosts?.[0]).toEqual({
      agent_ip: '192.0.2.1',
      agent_state: null,
      environment_uuid: ENVIRONMENT.uuid,
      hostname: 'a',
      labels: { 'spaced key': 'x' },
      local_storage_mb: 100,
      memory: 8_000_000_000,
      metadata_kind: 'host',
      milli_cpu: 2000,
      name: 'a',
      state: 'active',
      uuid: 'a',
    });
    // Each host has its own bridge; the managed network spans hosts.
    expect(networks?.map(({ name, is_default, host_ports }) => [name, is_default, host_ports])).toEqual([
      ['net-bridge', false, true],
      ['net-bridge', false, true],
      ['net-managed', true, true],
    ]);
    const managed = networks?.find(({ name }) => name === 'net-managed');
    expect(managed).toMatchObject({
      default_policy_action: 'allow',
      policy: null,
      metadata: {},
      metadata_kind: 'network',
    });
    const { containers } = treeOf(SHOP) as Record<string, ValueObject[]>;
    expect(containers?.map(({ network_uuid }) => network_uuid === managed?.uuid)).toEqual([true, true, true, false]);
  });

  it('lists containers by stack, service and index, standalone containers last', () => {
    const tree = treeOf(SHOP);
    expect(names(tree.containers)).toEqual(['shop-web-1', 'shop-web-2', 'shop-log-1', 'alone']);
    expect(names(tree.services)).toEqual(['db', 'web', 'log']);
    const turned = {
      ...SHOP,
      containers: SHOP.containers.toReversed(),
      declarations: SHOP.declarations.toReversed(),
    };
    expect(treeOf(turned)).toEqual(tree);
  });

  it('sidekicks have the UUID of their primary service', () => {
    const [, web, log] = treeOf(SHOP).services as ValueObject[];
    expect(log).toMatchObject({ name: 'log', primary_service_name: 'web', sidekicks: [], uuid: web?.uuid });
  });

  it('shows external services', () => {
    const [db] = treeOf(SHOP).services as ValueObject[];
    expect(db).toMatchObject({
      kind: 'externalService',
      hostname: 'db.example.com',
      containers: null,
      state: 'active',
    });
  });

  it('is built from labels alone without a declaration', () => {
    const [web] = treeOf({ containers: [WEB_1, WEB_2] }).services as ValueObject[];
    expect(web).toMatchObject({
      scale: 2,
      ports: ['8080:80/tcp', '81:81/udp'],
      links: {},
      metadata: {},
      state: 'active',
    });
  });

  it('shows the check that labels declare, and the hosts that check a container', () => {
    const labels = (port: string) => ({ 'drover.health.port': port });
    const all = treeOf({
      hosts: ['a', 'b', 'c', 'd'].map((id) => host(id, { subnets: ['10.42.1.0/24'] })),
      containers: [
        container('w1', 's/web', '10.42.1.1', { labels: labels('80'), health: 'reinitializing' }),
        container('w2', 's/web', null, { addresses: [at(BRIDGE, '172.17.0.2')], labels: labels('81'), createdAtMs: 1 }),
        container('d1', 's/docker', '10.42.1.2', { health: 'initializing' }),
        container('n1', null, '10.42.1.3', { labels: labels('82') }),
      ],
    }).containers as ValueObject[];
    const ports = all.map(({ name, health_check: check, health_state: state }) => {
      return [name, check && (check as ValueObject).port, state];
    });
    expect(ports).toEqual([
      ['d1', null, 'initializing'],
      ['w1', 81, 'reinitializing'],
      ['w2', 81, null],
      ['n1', 82, null],
    ]);
    const hosts = all.map((one) => one.health_check_hosts as readonly string[]);
    expect(hosts).toEqual([[], ['a', expect.any(String), expect.any(String)], ['a'], ['a']]);
    expect(new Set(hosts[1]).size).toBe(3);
  });

  it('links containers and shared networks by UUID', () => {
    const linked = container('l', null, '10.42.1.20', { links: { db: 'alone-id', gone: 'nobody' } });
    const sharing = container('s', null, null, { networkMode: 'container', networkFrom: 'alone-id' });
    const { containers } = treeOf({ containers: [linked, sharing, { ...ALONE, state: 'running' }] });
    expect(containers).toMatchObject([
      { name: 'alone' },
      { name: 'l', links: { db: 'uuid-alone-id' } },
      { name: 's', network_from_container_uuid: 'uuid-alone-id', primary_ip: '172.17.0.9' },
    ]);
  });
});

describe('the versions', () => {
  it('2015-12-19 keeps the case, shows the host address in ports, numbers hosts, and has null without links', () => {
    const { services, containers, hosts, stacks } = treeOf(SHOP, '2015-12-19') as Record<string, ValueObject[]>;
    expect(containers?.[0]).toMatchObject({
      name: 'Shop-Web-1',
      service_name: 'Web',
      stack_name: 'Shop',
      ports: ['192.0.2.1:8080:80/tcp', '10.0.0.9:81:81/udp'],
    });
    expect(services?.[1]).toMatchObject({
      name: 'Web',
      sidekicks: ['Log'],
      links: { 'Shop/DB': 'mysql' },
      stack_name: 'Shop',
    });
    expect(services?.[2]).toMatchObject({ primary_service_name: 'Web', links: null });
    expect(hosts?.[0]?.hostId).toEqual(expect.any(Number));
    expect(stacks?.[0]?.name).toBe('Shop');
    expect(names(stacks?.[0]?.services)).toEqual(['DB', 'Web', 'Log']);
  });

  it('2015-07-25 lists members by name', () => {
    const { services, stacks } = treeOf(SHOP, '2015-07-25') as Record<string, ValueObject[]>;
    expect(services?.[1]?.containers).toEqual(['Shop-Web-1', 'Shop-Web-2']);
    expect(services?.[0]?.containers).toBeNull();
    expect(stacks?.[0]?.services).toEqual(['DB', 'Web', 'Log']);
  });

  it('latest is 2016-07-29', () => {
    expect(findVersion('latest')).toBe(findVersion('2016-07-29'));
    expect(findVersion('latest')).toBe(NEWEST);
    expect(findVersion('2017-01-01')).toBeUndefined();
  });

  it('have no other differences', () => {
    const strip = (tree: unknown) =>
      JSON.stringify(tree)
        .toLowerCase()
        .replaceAll(/"hostid":\d+,/g, '')
        .replaceAll('192.0.2.1:8080', '0.0.0.0:8080')
        .replaceAll('"links":null', '"links":{}')
        .replaceAll('"environments":null,', '');
    const standalone = { ...SHOP, containers: SHOP.containers.filter(({ service }) => service !== null) };
    const withLinks = (text: string) => text.replaceAll('"links":{}', '');
    expect(withLinks(strip(treeOf(standalone, '2015-12-19')))).toBe(withLinks(strip(treeOf(standalone, 'latest'))));
  });
});

describe('self', () => {
  it('has the container, host, service and stack of the client', () => {
    const self = treeOf(SHOP, 'latest', '10.42.1.8').self as Record<string, ValueObject>;
    expect(Object.keys(self)).toEqual(['container', 'host', 'service', 'stack']);
    expect(self).toMatchObject({
      container: { name: 'shop-log-1' },
      service: { name: 'log' },
      stack: { name: 'shop' },
    });
  });

  it('recognises a container by each of its addresses', () => {
    expect(treeOf(SHOP, 'latest', '172.17.0.2').self).toMatchObject({ container: { name: 'shop-web-1' } });
  });

  it('has no service and no stack for a standalone container', () => {
    const running = { ...SHOP, containers: [{ ...ALONE, state: 'running' as const }] };
    expect(Object.keys(treeOf(running, 'latest', '172.17.0.9').self as object)).toEqual(['container', 'host']);
  });

  it('has only the host for other clients', () => {
    expect(treeOf(SHOP, 'latest', '10.42.2.7').self).toEqual({ host: expect.objectContaining({ uuid: 'a' }) });
    expect(treeOf(SHOP, 'latest', '198.51.100.1').self).toEqual({ host: expect.objectContaining({ uuid: 'a' }) });
  });

  it('shows the token to every container of the service, and to no other client', () => {
    const second = container('web-3-id', 'Shop/Web', '10.42.1.10', { serviceIndex: 3 });
    const world = { ...SHOP, containers: [...SHOP.containers, second] };
    const owned = ['10.42.1.7', '10.42.1.10'].map((address) => treeOf(world, 'latest', address));
    for (const { self } of owned) expect(self).toMatchObject({ service: { name: 'web', token: 'secret' } });
    for (const { self, ...rest } of owned) {
      const { service: _, ...others } = self as ValueObject;
      expect(JSON.stringify([others, rest])).not.toContain('secret');
    }
    for (const address of ['10.42.1.8', '10.42.2.7', '']) {
      expect(JSON.stringify(treeOf(world, 'latest', address))).not.toContain('secret');
    }
  });

  it('has the same service object as the lists, except for the token', () => {
    const tree = treeOf(SHOP, 'latest', '10.42.1.7') as Record<string, ValueObject[] & ValueObject>;
    expect({ ...(tree.self?.service as ValueObject), token: null }).toEqual(tree.services?.[1]);
    expect(tree.self?.container).toEqual(tree.containers?.[0]);
    expect(tree.self?.stack).toEqual(tree.stacks?.[0]);
  });
});

describe('successive views', () => {
  const trees = createTrees();
  const read = (view: HostView, version: Version = NEWEST) =>
    trees(view, version, null) as Record<string, ValueObject[]>;
  const changed = (before: Snapshot, id: string, change: object): Snapshot => {
    const state = before.hosts.get('a');
    const one = state?.containers.get(id);
    if (!state || !one) throw new Error('no such container');
    const containers = new Map(state.containers).set(id, { ...one, ...change });
    return {
      ...before,
      revision: before.revision + 1,
      hosts: new Map(before.hosts).set('a', { ...state, containers }),
    };
  };

  it('reuse every object that did not change', () => {
    const first = viewOf(snapshot(SHOP), 'a');
    const before = read(first);
    const second = viewOf(changed(first.snapshot, 'log-1-id', { health: 'unhealthy' }), 'a', first);
    const after = read(second);
    const kept = (key: string) => after[key]?.map((object, index) => object === before[key]?.[index]);
    expect(kept('containers')).toEqual([true, true, false, true]);
    expect(kept('services')).toEqual([true, true, false]);
    expect(kept('hosts')).toEqual([true, true]);
    expect(after.containers?.[2]).toMatchObject({ health_state: 'unhealthy' });
    expect(after.services?.[2]?.containers).toEqual([after.containers?.[2]]);
  });

  it('reuse the containers with a check until a host that checks comes or goes', () => {
    const trees = createTrees();
    let view = viewOf(snapshot(SHOP), 'a');
    const read = () => trees(view, NEWEST, null) as Record<string, ValueObject[]>;
    const kept = (changes: Partial<Host>) => {
      const [{ containers: old = [] }, version] = [read(), read().version];
      const state = view.snapshot.hosts.get('b') as HostState;
      const hosts = new Map(view.snapshot.hosts).set('b', { ...state, host: { ...(state.host as Host), ...changes } });
      view = viewOf({ ...view.snapshot, revision: view.revision + 1, hosts }, 'a', view);
      return [...(read().containers ?? []).map((one, at) => one === old[at]), read().version === version];
    };
    expect(kept({ incarnation: 2 })).toEqual([true, true, true, true, true]);
    expect(kept({ subnets: [] })).toEqual([false, false, true, true, false]);
    expect(read().containers?.[0]?.health_check_hosts).toEqual(['a']);
  });

  it('drop the objects of lists that were not read for a hundred views, and keep `version` correct', () => {
    const trees = createTrees();
    const read = (view: HostView) => trees(view, NEWEST, null) as Record<string, ValueObject[]>;
    let view = viewOf(snapshot(SHOP), 'a');
    /** Applies this many changes to another container, and reads only `version` after each. */
    const pass = (views: number): void => {
      for (let n = 0; n < views; n += 1) {
        const health = n % 2 === 0 ? 'unhealthy' : 'healthy';
        view = viewOf(changed(view.snapshot, 'log-1-id', { health }), 'a', view);
        expect(read(view).version).toBe(createTrees()(view, NEWEST, null).version);
      }
    };
    const [first] = read(view).containers ?? [];
    for (let reads = 0; reads < 3; reads += 1) {
      pass(100);
      expect(read(view).containers?.[0]).toBe(first);
    }
    pass(101);
    const [again] = read(view).containers ?? [];
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });

  it('give the same as a new tree after any change', () => {
    const linked = container('linked', 'Other/Linked', '10.42.1.50', { links: { w: 'web-1-id' } });
    const joined = container('side', 'Other/Side', null, { networkMode: 'container', networkFrom: 'web-1-id' });
    const moved = { ...WEB_1, uuid: 'other', addresses: [at(MANAGED, '10.42.1.99')] };
    const worlds: readonly World[] = [
      { ...SHOP, containers: [] },
      SHOP,
      { ...SHOP, containers: [WEB_1, LOG_1] },
      { ...SHOP, containers: [{ ...WEB_1, health: 'unhealthy' }, LOG_1, ALONE], declarations: [] },
      SHOP,
      { ...SHOP, hosts: SHOP.hosts.map((host) => ({ ...host, address: '192.0.2.77' })) },
      SHOP,
      { ...SHOP, declarations: SHOP.declarations.map((one) => ({ ...one, healthCheck: null })) },
      {
        ...SHOP,
        declarations: SHOP.declarations.map((one) => ({ ...one, stack: 'SHOP', name: one.name.toUpperCase() })),
      },
      { ...SHOP, declarations: SHOP.declarations.map((one) => ({ ...one, sidekicks: [] })) },
      { containers: [linked, joined] },
      { containers: [linked, joined, WEB_1] },
      { containers: [linked, joined, moved] },
    ];
    let view = viewOf(snapshot({}), 'a');
    for (const world of worlds) {
      view = viewOf(sharing(view.snapshot, snapshot(world)), 'a', view);
      for (const name of ['latest', '2015-12-19', '2015-07-25']) {
        const version = findVersion(name) as Version;
        expect(plain(trees(view, version, null))).toEqual(plain(createTrees()(view, version, null)));
      }
    }
  });

  it('change `version` with the content, and only with it', () => {
    const view = viewOf(snapshot(SHOP), 'a');
    const versionOf = (next: Snapshot) => read(viewOf(next, 'a', view)).version;
    const before = read(view).version;
    expect(before).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(read(viewOf(snapshot({ ...SHOP, revision: 9 }), 'a')).version).toBe(before);
    // Not shown in the metadata.
    expect(versionOf(changed(view.snapshot, 'web-1-id', { wasReady: false }))).toBe(before);
    expect(versionOf(changed(view.snapshot, 'web-1-id', { health: 'unhealthy' }))).not.toBe(before);
    expect(versionOf(changed(view.snapshot, 'web-1-id', { name: 'SHOP-Web-1' }))).not.toBe(before);
    expect(versionOf(changed(view.snapshot, 'alone-id', { state: 'running' }))).not.toBe(before);
    // Another network that only adds hosts that check the container.
    const bridged = { preferredNetwork: BRIDGE, addresses: WEB_1.addresses.slice(1) };
    const onBridge = changed(view.snapshot, 'web-1-id', bridged);
    const onBoth = changed(view.snapshot, 'web-1-id', { ...bridged, addresses: WEB_1.addresses });
    expect(versionOf(onBoth)).not.toBe(versionOf(onBridge));
    const renamed = SHOP.hosts.map((host) => ({ ...host, name: `${host.name}x` }));
    expect(versionOf(snapshot({ ...SHOP, hosts: renamed }))).not.toBe(before);
    const declared = SHOP.declarations.map((one) => ({ ...one, metadata: '{"greeting":"bye"}' }));
    expect(versionOf(snapshot({ ...SHOP, declarations: declared }))).not.toBe(before);
    const reordered = SHOP.declarations.map((one) => ({ ...one, metadata: reversed(one.metadata) }));
    expect(versionOf(snapshot({ ...SHOP, declarations: reordered }))).not.toBe(before);
    const token = SHOP.declarations.map((one) => ({ ...one, options: { token: 'new' } }));
    expect(versionOf(snapshot({ ...SHOP, declarations: token }))).not.toBe(before);
    expect(read(view, findVersion('2015-07-25')).version).toBe(before);
  });
});

/** `next` with every equal part of `before`, as snapshots share their parts. */
function sharing<T>(before: T, next: T): T {
  if (isDeepStrictEqual(before, next)) return before;
  if (before instanceof Map && next instanceof Map) {
    return new Map([...next].map(([key, value]) => [key, sharing(before.get(key), value)])) as T;
  }
  if (typeof before !== 'object' || typeof next !== 'object' || !before || !next || Array.isArray(next)) return next;
  const members = Object.entries(next).map(([key, value]) => [
    key,
    sharing((before as Record<string, unknown>)[key], value),
  ]);
  return Object.fromEntries(members);
}
