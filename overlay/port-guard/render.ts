/** The sets of our table. */
export const SETS = ['elsewhere', 'known', 'macs', 'addresses', 'taken'] as const;

export type SetName = (typeof SETS)[number];

/** What is in each set, every element in the words of nft. */
export type GuardElements = Readonly<Record<SetName, readonly string[]>>;

export const NO_ELEMENTS: GuardElements = { elsewhere: [], known: [], macs: [], addresses: [], taken: [] };

/**
 * Our table, with its sets empty. `known` are the ports whose container we know, `macs` and `addresses` what each may send
 * under, `taken` the addresses of all of them, `elsewhere` the ports of other bridges. By names of ports and not by
 * `meta ibrname`: kernels without NFT_BRIDGE_META have the family, and not that. The protocol is asked of `meta`: the type in
 * the Ethernet header is another where a VLAN tag comes before it.
 */
export function renderFrame(table: string): string {
  return `table bridge ${table} {
	comment "Drover: no container takes another's address"
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
		meta protocol { 8021q, 8021ad } counter drop comment "a tag in a tag hides the address"
		meta protocol ip ip saddr @taken counter drop comment "a new port, under an address that is taken"
		meta protocol arp arp saddr ip @taken counter drop comment "a new port, claiming an address that is taken"
	}

	chain known {
		iifname . ether saddr != @macs counter drop comment "not under its own MAC address"
		ether type { 8021q, 8021ad } counter drop comment "a tag hides the address"
		meta protocol ip iifname . ip saddr != @addresses counter drop comment "not under its own address"
		meta protocol arp arp saddr ip != 0.0.0.0 iifname . arp saddr ip != @addresses counter drop comment "claiming another address"
	}
}
`;
}

/** The commands that bring the sets from one content to another; empty where they are the same. */
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

/** Added first: removing what has just gone would make the whole transaction fail. */
function removal(set: string, elements: readonly string[]): readonly string[] {
  return addition(set, elements).flatMap((line) => [line, line.replace('add', 'delete')]);
}
