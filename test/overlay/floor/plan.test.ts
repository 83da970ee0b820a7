import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IpRoute, IpRule } from '../../../linux/ip-json.ts';
import { replacedText } from '../../../linux/nft-table.ts';
import type { Step } from '../../../linux/step.ts';
import { type DesiredFloor, defaultFloorSettings as settings } from '../../../overlay/floor/desired-floor.ts';
import { formatFloorStep, type ObservedFloor, planFloor, planFloorRemoval } from '../../../overlay/floor/plan.ts';
import { NO_PEERS, type PeerElements, renderFloorTable } from '../../../overlay/floor/render.ts';

const own = { subnet: '10.42.1.0/24', device: 'drover1' };
const vxlan = { vni: 1042, port: 4789, addresses: ['192.0.2.10', '192.0.2.2', 'rubbish', '2001:db8::2'] };
const desired: DesiredFloor = {
  ranges: ['10.43.0.0/16', '10.42.0.0/16'],
  own,
  devices: ['drover-wg0', 'drover-vx'],
  closed: true,
  vxlan,
};
const nothing: ObservedFloor = { table: null, peers: NO_PEERS, blackholes: [], rules: [] };
const OTHERS: ObservedFloor = {
  table: null,
  peers: NO_PEERS,
  blackholes: [
    { dst: '198.18.0.0/15', type: 'blackhole', protocol: '250', metric: 20 },
    { dst: '198.51.100.0/24', type: 'blackhole', protocol: 'static', metric: settings.metric },
  ],
  rules: [
    { priority: 0, src: 'all', protocol: 'kernel' },
    { priority: 5000, src: '198.51.100.0', srclen: 24, goto: 5010, protocol: 'boot' },
    { priority: 220, src: 'all', protocol: '250' },
  ],
};
const linesOf = (want: DesiredFloor, observed: ObservedFloor) => {
  const { changes, problems } = planFloor(settings, want, observed);
  expect(problems).toEqual([]);
  return changes.map(formatFloorStep);
};

test('render: packets between containers use tunnels only, segments fit both ways, and VXLAN comes from peers', () => {
  expect(renderFloorTable('drover_overlay', desired)).toMatchInlineSnapshot(`
    "table inet drover_overlay {
    	comment "Drover: what carries packets between containers"
    	set peers4 {
    		type ipv4_addr
    	}

    	set peers6 {
    		type ipv6_addr
    	}

    	chain prerouting {
    		type filter hook prerouting priority raw; policy accept;
    		ip saddr 10.42.0.0/16 ip daddr 10.42.1.0/24 goto arriving
    		ip saddr 10.43.0.0/16 ip daddr 10.42.1.0/24 goto arriving
    	}

    	chain input {
    		type filter hook input priority raw; policy accept;
    		udp dport 4789 @th,96,24 0x412 goto vxlan
    	}

    	chain forward {
    		type filter hook forward priority mangle; policy accept;
    		tcp flags syn / syn,rst iifname "drover-vx" tcp option maxseg size set rt mtu
    		tcp flags syn / syn,rst oifname "drover-vx" tcp option maxseg size set rt mtu
    		tcp flags syn / syn,rst iifname "drover-wg0" tcp option maxseg size set rt mtu
    		tcp flags syn / syn,rst oifname "drover-wg0" tcp option maxseg size set rt mtu
    	}

    	chain postrouting {
    		type filter hook postrouting priority raw; policy accept;
    		ip daddr 10.42.0.0/16 goto leaving
    		ip daddr 10.43.0.0/16 goto leaving
    	}

    	chain arriving {
    		iifname "lo" accept
    		iifname "drover1" accept
    		iifname "drover-vx" accept
    		iifname "drover-wg0" accept
    		counter drop comment "not through a tunnel"
    	}

    	chain leaving {
    		oifname "lo" accept
    		oifname "drover1" accept
    		oifname "drover-vx" accept
    		oifname "drover-wg0" accept
    		counter drop comment "would leave in clear"
    	}

    	chain vxlan {
    		ip saddr @peers4 accept
    		ip6 saddr @peers6 accept
    		counter drop comment "VXLAN of a host that is no peer"
    	}
    }
    "
  `);
});

test('render: without encryption only segments and VXLAN are looked at, and without tunnels there is no table', () => {
  const clear = { ...desired, devices: ['drover-vx'], closed: false };
  expect(renderFloorTable('t', clear)).not.toContain('goto leaving');
  expect(renderFloorTable('t', { ...clear, vxlan: { ...vxlan, addresses: [] } })).toMatchInlineSnapshot(`
    "table inet t {
    	comment "Drover: what carries packets between containers"
    	set peers4 {
    		type ipv4_addr
    	}

    	set peers6 {
    		type ipv6_addr
    	}

    	chain input {
    		type filter hook input priority raw; policy accept;
    		udp dport 4789 @th,96,24 0x412 goto vxlan
    	}

    	chain forward {
    		type filter hook forward priority mangle; policy accept;
    		tcp flags syn / syn,rst iifname "drover-vx" tcp option maxseg size set rt mtu
    		tcp flags syn / syn,rst oifname "drover-vx" tcp option maxseg size set rt mtu
    	}

    	chain vxlan {
    		ip saddr @peers4 accept
    		ip6 saddr @peers6 accept
    		counter drop comment "VXLAN of a host that is no peer"
    	}
    }
    "
  `);
  expect(renderFloorTable('t', { ...clear, devices: [], vxlan: null })).toBeNull();
  expect(renderFloorTable('t', { ...desired, devices: [], vxlan: null })).toContain('would leave in clear');
});

test('Q36: plan() adds what lets packets pass before what stops them, and removes it after', () => {
  const [, routes, rules] = linesOf(desired, nothing);
  expect(routes).toMatchInlineSnapshot(
    `"ip -force -batch - { route replace blackhole 10.43.0.0/16 proto 250 metric 4278198272; route replace blackhole 10.42.0.0/16 proto 250 metric 4278198272 }"`,
  );
  expect(rules).toMatchInlineSnapshot(
    `"ip -batch - { rule add pref 5010 nop protocol 250; rule add pref 5000 iif drover1 goto 5010 protocol 250; rule add pref 5000 iif lo goto 5010 protocol 250; (1 more); rule add pref 5000 iif drover-wg0 goto 5010 protocol 250; rule add pref 5005 from 10.43.0.0/16 to 10.42.1.0/24 blackhole protocol 250; rule add pref 5005 from 10.42.0.0/16 to 10.42.1.0/24 blackhole protocol 250 }"`,
  );
  const standing = kernel(nothing, planFloor(settings, desired, nothing).changes);
  expect(linesOf({ ...desired, closed: false }, standing).slice(1)).toMatchInlineSnapshot(`
    [
      "ip -force -batch - { route delete blackhole 10.43.0.0/16 proto 250 metric 4278198272; route delete blackhole 10.42.0.0/16 proto 250 metric 4278198272 }",
      "ip -batch - { rule delete pref 5005 from 10.43.0.0/16 to 10.42.1.0/24 blackhole protocol 250; rule delete pref 5005 from 10.42.0.0/16 to 10.42.1.0/24 blackhole protocol 250; rule delete pref 5000 iif drover1 goto 5010 protocol 250; (1 more); rule delete pref 5000 iif drover-vx goto 5010 protocol 250; rule delete pref 5000 iif drover-wg0 goto 5010 protocol 250; rule delete pref 5010 nop protocol 250 }",
    ]
  `);
});

test('plan() changes only what differs: a new tunnel is one rule and the table', () => {
  const standing = kernel(nothing, planFloor(settings, desired, nothing).changes);
  const more = { ...desired, devices: [...desired.devices, 'drover-wg1'] };
  expect(linesOf(more, standing)[1]).toBe('ip -batch - { rule add pref 5000 iif drover-wg1 goto 5010 protocol 250 }');
  expect(linesOf(desired, { ...standing, rules: [...standing.rules, ...standing.rules.slice(0, 1)] })).toEqual([
    'ip -batch - { rule delete pref 5010 nop protocol 250 }',
  ]);
});

test('Q24: plan() and the removal leave routes and rules of others alone', () => {
  const changes = planFloor(settings, desired, OTHERS).changes;
  expect(changes.map(formatFloorStep).join()).not.toMatch(/delete blackhole|rule delete|198\./);
  expect(planFloorRemoval(settings, OTHERS)).toEqual([]);
  expect(kernel(kernel(OTHERS, changes), planFloorRemoval(settings, kernel(OTHERS, changes)))).toEqual(OTHERS);
});

test('the line of a table with many peers stays short', () => {
  const addresses = Array.from({ length: 1000 }, (_, n) => `192.0.${n >> 8}.${n & 255}`);
  const [table = ''] = linesOf({ ...desired, vxlan: { ...vxlan, addresses } }, nothing);
  expect(table).toContain('add element inet drover_overlay peers4 { 1000 addresses }');
});

test('plan() changes only the elements of peers that come and go, in one transaction', () => {
  const standing = kernel(nothing, planFloor(settings, desired, nothing).changes);
  expect(standing.peers).toEqual({ peers4: ['192.0.2.10', '192.0.2.2'], peers6: ['2001:db8::2'] });
  expect(
    linesOf({ ...desired, vxlan: { ...vxlan, addresses: ['192.0.2.2', '192.0.2.4', '2001:db8::2'] } }, standing),
  ).toEqual([
    'nft -f - { add element inet drover_overlay peers4 { 192.0.2.10 }; delete element inet drover_overlay peers4 { 192.0.2.10 }; add element inet drover_overlay peers4 { 192.0.2.4 } }',
  ]);
});

test('plan() of what it planned is empty, whatever was there before, in any order', () => {
  const worlds = fc.record({
    ranges: fc.shuffledSubarray(['10.42.0.0/16', '10.43.0.0/16']),
    devices: fc.shuffledSubarray(['drover-vx', 'drover-wg0', 'drover-wg1', 'ipsec0']),
    closed: fc.boolean(),
    vxlan: fc.option(fc.shuffledSubarray(vxlan.addresses).map((addresses) => ({ ...vxlan, addresses }))),
  });
  fc.assert(
    fc.property(worlds, worlds, (first, second) => {
      let observed = OTHERS;
      for (const world of [first, second]) {
        observed = kernel(observed, planFloor(settings, { ...world, own }, observed).changes);
        const reversed = { ranges: world.ranges.toReversed(), devices: world.devices.toReversed() };
        expect(linesOf({ ...world, ...reversed, own }, observed)).toEqual([]);
      }
      expect(kernel(observed, planFloorRemoval(settings, observed))).toEqual(OTHERS);
    }),
  );
});

/** What the kernel does with the steps. */
function kernel(before: ObservedFloor, changes: readonly Step[]): ObservedFloor {
  let { table, peers } = before;
  const blackholes: IpRoute[] = [...before.blackholes];
  const rules: IpRule[] = [...before.rules];
  for (const change of changes) {
    const { file, input = '' } = change;
    const text = replacedText(change);
    if (text !== null) [table, peers] = [text === '' ? null : text, NO_PEERS];
    if (file === 'nft') peers = withElements(peers, input);
    else for (const line of input.trim().split('\n')) applyLine(line.split(' '), blackholes, rules);
  }
  return { table, peers, blackholes, rules };
}

function withElements(before: PeerElements, commands: string): PeerElements {
  const sets = { peers4: new Set(before.peers4), peers6: new Set(before.peers6) };
  for (const [, verb, name, list = ''] of commands.matchAll(/^(add|delete) element inet \S+ (\S+) \{ (.*) \}$/gm)) {
    const set = sets[name as keyof PeerElements];
    for (const element of list.split(', ')) {
      if (verb === 'add') set.add(element);
      else expect(set.delete(element)).toBe(true);
    }
  }
  return { peers4: [...sets.peers4], peers6: [...sets.peers6] };
}

function applyLine([kind, verb, ...rest]: readonly string[], blackholes: IpRoute[], rules: IpRule[]): void {
  const value = (key: string): string | undefined => (rest.includes(key) ? rest[rest.indexOf(key) + 1] : undefined);
  if (kind === 'route') {
    const route = {
      dst: rest[1] ?? '',
      type: 'blackhole',
      protocol: value('proto') ?? '',
      metric: Number(value('metric')),
    };
    const index = blackholes.findIndex(({ dst, metric }) => dst === route.dst && metric === route.metric);
    if (verb === 'replace' && index < 0) blackholes.push(route);
    if (verb === 'delete') blackholes.splice(index, 1);
    return;
  }
  const [src, srclen] = (value('from') ?? 'all').split('/');
  const [dst, dstlen] = value('to')?.split('/') ?? [];
  const [iif, goto] = [value('iif'), value('goto')];
  const rule: IpRule = {
    priority: Number(value('pref')),
    protocol: value('protocol') ?? '',
    src: src ?? '',
    ...(srclen === undefined ? {} : { srclen: Number(srclen) }),
    ...(dst === undefined ? {} : { dst, dstlen: Number(dstlen) }),
    ...(iif === undefined ? {} : { iif }),
    ...(goto === undefined ? {} : { goto: Number(goto) }),
    ...(rest.includes('blackhole') ? { action: 'blackhole' } : {}),
  };
  if (verb === 'add') rules.push(rule);
  else {
    const index = rules.findIndex((one) => JSON.stringify(one) === JSON.stringify(rule));
    expect(index).toBeGreaterThanOrEqual(0);
    rules.splice(index, 1);
  }
}
