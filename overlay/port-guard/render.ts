import type { SetElements, TableId } from '../../linux/index.ts';

/** The sets of our table. */
export const SETS = ['elsewhere', 'known', 'macs', 'addresses', 'taken'] as const;

export type SetName = (typeof SETS)[number];

export type GuardElements = SetElements<SetName>;

export const NO_ELEMENTS: GuardElements = { elsewhere: [], known: [], macs: [], addresses: [], taken: [] };

export function tableId(name: string): TableId {
  return { family: 'bridge', name };
}

/**
 * Our table with empty sets. `known`: ports whose container is known. `macs` and `addresses`: the source addresses that each
 * of them may use. `taken`: the addresses of all of them. `elsewhere`: ports of other bridges. The rules match port names
 * instead of `meta ibrname`, which kernels without NFT_BRIDGE_META do not have. They match `meta protocol`, because with a
 * VLAN tag the type in the Ethernet header is the type of the tag.
 */
export function renderFrame(table: string): string {
  return `table bridge ${table} {
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
`;
}
