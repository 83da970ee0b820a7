import { expect, test } from 'vitest';
import { parseSets, renderSetChanges } from '../../../linux/index.ts';
import { NO_ELEMENTS, renderFrame, SETS, tableId } from '../../../overlay/port-guard/render.ts';

test('render: the table', () => {
  expect(renderFrame('drover_guard')).toMatchInlineSnapshot(`
    "table bridge drover_guard {
    	comment "Drover: containers cannot spoof each other's address"
    	set elsewhere {
    		type ifname
    	}

    	set known {
    		type ifname
    	}

    	set macs {
    		type ifname . ether_addr
    	}

    	set addresses {
    		type ifname . ipv4_addr
    	}

    	set taken {
    		type ipv4_addr
    	}

    	chain prerouting {
    		type filter hook prerouting priority -400; policy accept;
    		iifname @elsewhere accept comment "ports of other bridges"
    		iifname @known goto known
    		meta protocol { 8021q, 8021ad } counter drop comment "double VLAN tag hides the address"
    		meta protocol ip ip saddr @taken counter drop comment "unknown port, spoofed address"
    		meta protocol arp arp saddr ip @taken counter drop comment "unknown port, spoofed ARP"
    	}

    	chain known {
    		iifname . ether saddr != @macs counter drop comment "spoofed MAC address"
    		ether type { 8021q, 8021ad } counter drop comment "VLAN tag hides the address"
    		meta protocol ip iifname . ip saddr != @addresses counter drop comment "spoofed address"
    		meta protocol arp arp saddr ip != 0.0.0.0 iifname . arp saddr ip != @addresses counter drop comment "spoofed ARP"
    	}
    }
    "
  `);
});

test('render: only elements that differ are changed, and deleting an element that is already gone does not fail', () => {
  const from = { ...NO_ELEMENTS, known: ['"veth1"', '"veth2"'], taken: ['10.42.1.1'] };
  const to = { ...NO_ELEMENTS, known: ['"veth2"', '"veth3"'], taken: ['10.42.1.1'] };
  expect(renderSetChanges(tableId('drover_guard'), from, to)).toBe(
    [
      'add element bridge drover_guard known { "veth1" }',
      'delete element bridge drover_guard known { "veth1" }',
      'add element bridge drover_guard known { "veth3" }',
      '',
    ].join('\n'),
  );
  expect(renderSetChanges(tableId('drover_guard'), to, to)).toBe('');
});

test('parseSets() reads lists over several lines and empty sets', () => {
  const listing = `table bridge drover_guard {
	comment "Drover: containers cannot spoof each other's address"
	set elsewhere {
		type ifname
	}

	set known {
		type ifname
		elements = { "veth1",
			     "veth2" }
	}

	set addresses {
		type ifname . ipv4_addr
		elements = { "veth1" . 10.42.1.2, "veth2" . 10.42.1.3 }
	}

	set taken {
		type ipv4_addr
		elements = { 10.42.1.1, 10.42.1.2,
			     10.42.1.3 }
	}

	chain prerouting {
		type filter hook prerouting priority -400; policy accept;
		meta protocol { 8021q, 8021ad } counter packets 0 bytes 0 drop comment "double VLAN tag hides the address"
	}
}`;
  expect(parseSets(listing, SETS)).toEqual({
    elsewhere: [],
    known: ['"veth1"', '"veth2"'],
    macs: [],
    addresses: ['"veth1" . 10.42.1.2', '"veth2" . 10.42.1.3'],
    taken: ['10.42.1.1', '10.42.1.2', '10.42.1.3'],
  });
});
