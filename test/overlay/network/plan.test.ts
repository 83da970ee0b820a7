import { describe, expect, test } from 'vitest';
import type { SubnetClaim } from '../../../overlay/network/choose-subnet.ts';
import { formatNetworkChange, type ObservedNetwork, planNetwork } from '../../../overlay/network/plan.ts';

const configured = { ranges: ['10.42.0.0/24'], prefixLength: 28 };
const desired = { hostId: 'a', name: 'drover', device: 'drover1', mtu: 1500, configured };
const MORE = { ...configured, ranges: ['10.42.0.0/24', '10.43.0.0/24'] };
const LAN = { dst: '10.42.0.0/16', dev: 'br-lan', protocol: 'kernel' };

const claim = (hostId: string, subnet: string, revision = 1): SubnetClaim => ({
  hostId,
  subnet,
  claimedAtMs: revision,
  revision,
});
const nth = (index: number) => `10.42.0.${index * 16}/28`;
const claims = (count: number) => Array.from({ length: count }, (_, index) => claim(`h${index}`, nth(index)));
const network = (subnet: string, isOurs = true) => ({
  id: 'n',
  name: 'drover',
  device: 'drover1',
  subnet,
  gateway: '',
  isOurs,
});

function plan(observed: Partial<ObservedNetwork> = {}, own = configured) {
  const standing = {
    stored: { ranges: configured, revision: 3 },
    claims: [],
    network: null,
    routes: [],
    resolvers: [],
  };
  const { changes, problems } = planNetwork({ ...desired, configured: own }, { ...standing, ...observed });
  return {
    data: changes,
    changes: changes.map(formatNetworkChange),
    problems: problems.map(({ subject, what }) => `${subject}: ${what}`),
  };
}

describe('planNetwork()', () => {
  test('writes the ranges, claims a free subnet and creates the network, in this order', () => {
    const { changes, problems } = plan({ stored: { ranges: null, revision: 0 }, claims: claims(15) });
    expect(changes).toEqual([
      'write ranges 10.42.0.0/24 in subnets of /28',
      'claim subnet 10.42.0.240/28',
      'create Docker network drover with subnet 10.42.0.240/28',
    ]);
    expect(problems).toEqual(['managed network ranges: 16 of 16 subnets are claimed']);
  });

  test('has nothing to do once the network stands', () => {
    expect(plan({ claims: [claim('a', nth(3))], network: network(nth(3)) })).toMatchObject({
      changes: [],
      problems: [],
    });
  });

  test('keeps a claimed subnet, also outside of the ranges', () => {
    expect(plan({ claims: [claim('a', nth(3))] }).changes).toEqual([
      'create Docker network drover with subnet 10.42.0.48/28',
    ]);
    const outside = plan({ claims: [claim('a', '10.99.0.0/28')], network: network('10.99.0.0/28') });
    expect(outside.changes).toEqual([]);
    expect(outside.problems).toEqual(["subnet 10.99.0.0/28: lies outside the managed network's ranges 10.42.0.0/24"]);
  });

  test('adds a further range at the end, with the revision that was read', () => {
    expect(plan({ claims: [claim('a', nth(3))], network: network(nth(3)) }, MORE).data).toEqual([
      { kind: 'write ranges', ranges: MORE, revision: 3 },
    ]);
    const stored = { ranges: MORE, revision: 4 };
    expect(plan({ stored, claims: claims(16) }).changes[0]).toMatch(/^claim subnet 10\.43\.0\./);
    expect(plan({ stored, claims: claims(16) }).problems).toEqual([]);
  });

  test.each([
    [{ ...configured, ranges: ['10.50.0.0/24'] }, '10.50.0.0/24 in subnets of /28'],
    [{ ...configured, ranges: ['10.50.0.0/24', '10.51.0.0/24'] }, '10.50.0.0/24, 10.51.0.0/24 in subnets of /28'],
    [{ ...configured, prefixLength: 26 }, '10.42.0.0/24 in subnets of /26'],
  ])('ignores a different configuration %j, and reports it', (own, text) => {
    const { changes, problems } = plan({ network: network(nth(3)), claims: [claim('a', nth(3))] }, own);
    expect(changes).toEqual([]);
    expect(problems).toEqual([
      `managed network ranges: the environment uses 10.42.0.0/24 in subnets of /28; this host's configuration has ${text}, which is ignored`,
    ]);
  });

  test('overwrites an invalid document of the ranges', () => {
    expect(plan({ stored: { ranges: null, revision: 7 } }).data[0]).toMatchObject({
      kind: 'write ranges',
      revision: 7,
    });
  });

  test('claims the subnet of an existing network again if its claim is gone', () => {
    expect(plan({ network: network(nth(5)) }).changes).toEqual(['claim subnet 10.42.0.80/28']);
  });

  test('changes nothing if another host has claimed the subnet of the network', () => {
    const { changes, problems } = plan({ network: network(nth(5)), claims: [claim('b', nth(5))] });
    expect(changes).toEqual([]);
    expect(problems).toEqual(["subnet 10.42.0.80/28: is used by this host's network, but claimed by host b"]);
  });

  test('releases a second claim of this host, and keeps the one in use, otherwise the oldest', () => {
    const own = [claim('a', nth(1), 5), claim('a', nth(2), 6)];
    expect(plan({ claims: own, network: network(nth(2)) }).data).toEqual([
      { kind: 'release', subnet: nth(1), revision: 5 },
    ]);
    // 12 of 16 once the spare one is released: no warning.
    expect(plan({ claims: [...own, ...claims(14).slice(3)] }).problems).toEqual([]);
    expect(plan({ claims: own }).changes).toEqual([
      'release subnet 10.42.0.32/28',
      'create Docker network drover with subnet 10.42.0.16/28',
    ]);
  });

  test('warns from 80 % use, counting the subnet that is claimed now; exhausted ranges are a problem', () => {
    expect(plan({ claims: claims(11) }).problems).toEqual([]);
    expect(plan({ claims: claims(12) }).problems).toEqual(['managed network ranges: 13 of 16 subnets are claimed']);
    const { changes, problems } = plan({ claims: claims(16) });
    expect(changes).toEqual([]);
    expect(problems).toEqual([
      'managed network ranges: exhausted: all 16 subnets of 10.42.0.0/24 are claimed (16 claims)',
    ]);
  });

  test('Q37: creates no network in a range that something else uses, and keeps one that exists', () => {
    const conflict = 'managed network range 10.42.0.0/24: overlaps the route to 10.42.0.0/16 on br-lan of this host';
    expect(plan({ routes: [LAN] })).toMatchObject({ changes: [], problems: [conflict] });
    expect(plan({ routes: [LAN], network: network(nth(3)) })).toMatchObject({
      changes: ['claim subnet 10.42.0.48/28'],
      problems: [conflict],
    });
    expect(plan({ resolvers: ['10.42.0.53'] }).problems).toEqual([
      'managed network range 10.42.0.0/24: overlaps the resolver 10.42.0.53 of this host',
    ]);
  });

  test('Q37: creates no network in a claimed subnet outside of the ranges that something else uses', () => {
    const { changes, problems } = plan({
      routes: [{ ...LAN, dst: '10.99.0.0/16' }],
      claims: [claim('a', '10.99.0.0/28')],
    });
    expect(changes).toEqual([]);
    expect(problems[0]).toBe(
      'managed network range 10.99.0.0/28: overlaps the route to 10.99.0.0/16 on br-lan of this host',
    );
  });

  test('Q24: does not touch a network of that name that Drover did not create, or one with another subnet', () => {
    expect(plan({ network: network(nth(3), false) })).toMatchObject({
      changes: [],
      problems: ['Docker network drover: was not created by Drover'],
    });
    expect(plan({ network: network(nth(3)), claims: [claim('a', nth(4))] })).toMatchObject({
      changes: [],
      problems: ['Docker network drover: has subnet 10.42.0.48/28, but the subnet of this host is 10.42.0.64/28'],
    });
  });

  test.each([
    ['10.42.0.0/28', 28, true],
    ['10.42.0.0/30', 30, true],
    ['10.42.0.0/29', 28, false],
    ['10.42.0.0/24', 31, false],
    ['10.42.0.1/24', 28, false],
    ['fd00::/24', 28, false],
  ])('subnets of range %s with prefix length %i are possible: %j', (range, prefixLength, expected) => {
    const stored = { ranges: { ranges: [range], prefixLength }, revision: 1 };
    const { changes, problems } = plan({ stored }, stored.ranges);
    expect(changes.length > 0).toBe(expected);
    if (!expected) expect(problems[0]).toContain(`managed network range ${range}: is not a CIDR`);
  });
});
