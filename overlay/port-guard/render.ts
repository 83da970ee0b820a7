/** The sets of our table. */
export const SETS = ['elsewhere', 'known', 'macs', 'addresses', 'taken'] as const;

export type SetName = (typeof SETS)[number];

/** The elements of each set, in nft's notation. */
export type GuardElements = Readonly<Record<SetName, readonly string[]>>;

export const NO_ELEMENTS: GuardElements = { elsewhere: [], known: [], macs: [], addresses: [], taken: [] };

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

/** The commands that change the sets from one content to another; empty when both are equal. */
export function renderDifference(table: string, from: GuardElements, to: GuardElements): string {
  return SETS.flatMap((set) => [
    ...removal(`bridge ${table} ${set}`, without(from[set], to[set])),
    ...addition(`bridge ${table} ${set}`, without(to[set], from[set])),
  ]).join('');
}

function without(elements: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Set(others);
  return elements.filter((element) => !left.has(element));
}

function addition(set: string, elements: readonly string[]): readonly string[] {
  return elements.length === 0 ? [] : [`add element ${set} { ${elements.join(', ')} }\n`];
}

/** Adds the elements first, because deleting an element that is already gone fails the whole transaction. */
function removal(set: string, elements: readonly string[]): readonly string[] {
  return addition(set, elements).flatMap((line) => [line, line.replace('add', 'delete')]);
}
