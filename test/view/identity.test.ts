import { describe, expect, test } from 'vitest';
import type { Container } from '../../model/index.ts';
import { identify, isLocalAddress, isOurRange, ptrName, viewOf } from '../../view/index.ts';
import { at, BRIDGE, container, declaration, MANAGED, network, snapshot } from './world.ts';

const containers = [
  container('on-a', null, null, { addresses: [at(BRIDGE, '172.17.0.2'), at(MANAGED, '10.42.1.2')] }),
  container('on-b', null, null, { hostId: 'b', addresses: [at(BRIDGE, '172.17.0.2'), at(MANAGED, '10.42.2.2')] }),
  container('guest', null, null, { networkMode: 'container', networkFrom: 'on-a' }),
  container('six', null, null, { addresses: [at(BRIDGE, null, '2001:db8::6')] }),
];
const a = viewOf(snapshot({ containers }), 'a');
const b = viewOf(snapshot({ containers }), 'b');

describe('identify()', () => {
  test("two stock engines use the same addresses: each host's own containers are meant", () => {
    expect(identify(a, '172.17.0.2')?.name).toBe('on-a');
    expect(identify(b, '172.17.0.2')?.name).toBe('on-b');
  });

  test('every network of the host, and no address of another', () => {
    expect(identify(a, '10.42.1.2')?.name).toBe('on-a');
    expect(identify(a, '10.42.2.2')).toBeNull();
    expect(identify(a, '2001:db8::6')?.name).toBe('six');
    expect(identify(a, '::ffff:172.17.0.2')?.name).toBe('on-a');
    expect(identify(a, 'nonsense')).toBeNull();
  });

  test.each<[Container['state'], boolean]>([
    ['created', false],
    ['starting', true],
    ['running', true],
    ['paused', true],
    ['stopping', true],
    ['restarting', false],
    ['stopped', false],
  ])('%s: known %s', (state, known) => {
    const view = viewOf(snapshot({ containers: [container('c1', null, '10.42.1.9', { state })] }), 'a');
    expect(identify(view, '10.42.1.9') !== null).toBe(known);
  });

  test('an address that two containers claim identifies none, in either order; a stopped container does not count', () => {
    const one = container('c1', null, '10.42.1.9');
    const two = container('c2', null, '10.42.1.9');
    for (const both of [
      [one, two],
      [two, one],
    ]) {
      expect(identify(viewOf(snapshot({ containers: both }), 'a'), '10.42.1.9')).toBeNull();
    }
    const dead = { ...one, state: 'stopped' } as const;
    expect(identify(viewOf(snapshot({ containers: [dead, two] }), 'a'), '10.42.1.9')).toBe(two);
  });

  test('one container with one address on two networks is itself', () => {
    const made = container('c1', null, null, { addresses: [at(BRIDGE, '172.17.0.9'), at('other', '172.17.0.9')] });
    expect(identify(viewOf(snapshot({ containers: [made] }), 'a'), '172.17.0.9')).toBe(made);
  });
});

test('isLocalAddress(): in a network of this host, IPv4 and IPv6', () => {
  expect(['172.17.255.255', '10.42.1.77', '::ffff:172.17.0.9'].map((ip) => isLocalAddress(a, ip))).toEqual([
    true,
    true,
    true,
  ]);
  expect(['172.18.0.1', '10.42.2.2', '2001:db8::6', 'x'].map((ip) => isLocalAddress(a, ip))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test('isLocalAddress(): a subnet written as an address inside it counts, an invalid one does not', () => {
  const networks = [network('a', BRIDGE, { subnets: ['rubbish', '172.19.0.1/16', 'FD00::1/64'] })];
  const view = viewOf(snapshot({ networks }), 'a');
  expect(['172.19.3.4', 'fd00::7', '172.20.0.1'].map((ip) => isLocalAddress(view, ip))).toEqual([true, true, false]);
});

describe('ptrName()', () => {
  const name = (view: typeof a, address: string) => {
    const found = ptrName(view, address);
    return found.kind === 'name' ? found.name : found.kind;
  };

  test("this host's bridges, the managed network of all hosts, and not the bridges of others", () => {
    expect(name(a, '172.17.0.2')).toBe('on-a.rancher.internal.');
    expect(name(b, '172.17.0.2')).toBe('on-b.rancher.internal.');
    expect(name(a, '10.42.2.2')).toBe('on-b.rancher.internal.');
    expect(name(b, '10.42.1.2')).toBe('on-a.rancher.internal.');
    expect(name(b, '2001:db8::6')).toBe('foreign');
  });

  test('an address in a known network without a container, and an address outside', () => {
    expect(name(a, '172.17.0.77')).toBe('nobody');
    expect(name(a, '10.42.2.77')).toBe('nobody');
    expect(name(a, '10.42.3.1')).toBe('foreign');
    expect(name(a, '192.0.2.77')).toBe('foreign');
  });

  test('a range within one network is known, a larger one is not', () => {
    const ours = (first: string, last: string) => isOurRange(a, first, last);
    expect(ours('172.17.0.0', '172.17.255.255')).toBe(true);
    expect(ours('172.17.3.0', '172.17.3.255')).toBe(true);
    expect(ours('10.42.2.0', '10.42.2.255')).toBe(true);
    expect(ours('172.0.0.0', '172.255.255.255')).toBe(false);
    expect(ours('10.42.0.0', '10.42.255.255')).toBe(false);
    expect(ours('192.0.2.0', '192.0.2.255')).toBe(false);
  });

  test('a container of this host comes before one of another host with the same address; two on this host give no name', () => {
    const own = container('own', null, null, { addresses: [at(BRIDGE, '10.42.2.9')] });
    const other = container('elsewhere', null, '10.42.2.9', { hostId: 'b' });
    expect(name(viewOf(snapshot({ containers: [other, own] }), 'a'), '10.42.2.9')).toBe('own.rancher.internal.');
    const second = { ...own, id: 'second' };
    expect(name(viewOf(snapshot({ containers: [other, own, second] }), 'a'), '10.42.2.9')).toBe('nobody');
  });

  test('hosts, virtual addresses, and external ones that are private', () => {
    const declarations = [
      declaration('shop/db', { vip: '10.43.0.1' }),
      declaration('ext/nas', { kind: 'externalService', externalIps: ['192.168.7.7', '203.0.113.7', 'FD00::7'] }),
      declaration('ext/also', { kind: 'externalService', externalIps: ['192.168.7.7', '192.0.2.2'] }),
    ];
    const view = viewOf(snapshot({ declarations }), 'a');
    const of = (address: string) => name(view, address).replace('.rancher.internal.', '');
    const asked = ['192.0.2.1', '192.0.2.2', '10.43.0.1', '192.168.7.7', 'fd00::7', '203.0.113.7'];
    expect(asked.map(of)).toEqual(['a.host', 'b.host', 'db.shop', 'also.ext', 'nas.ext', 'foreign']);
  });

  test('the short id stands for a name that is not valid in DNS', () => {
    const of = (text: string) => {
      const id = '0123456789ab'.padEnd(64, 'c');
      return name(
        viewOf(snapshot({ containers: [container(id, null, '10.42.1.5', { name: text })] }), 'a'),
        '10.42.1.5',
      );
    };
    const label = 'x'.repeat(63);
    expect(of(label)).toBe(`${label}.rancher.internal.`);
    expect(of(`${label}.y`)).toBe(`${label}.y.rancher.internal.`);
    for (const text of [`${label}x`, `${label}.${label}.y`, 'a..b', 'a.'])
      expect(of(text)).toBe('0123456789ab.rancher.internal.');
  });
});
