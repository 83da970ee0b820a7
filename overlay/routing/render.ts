import { acceptRule, type WantedRules } from '../../linux/index.ts';
import { parseIpv4Cidr } from '../../model/index.ts';
import type { DesiredRouting } from './desired-routing.ts';

/** The comment that marks our rules in chains that are not ours. */
export const NETWORK_COMMENT = 'drover-network';

/**
 * Our table: traffic between the environment's ranges keeps its source address, traffic that leaves them gets this host's.
 * The table takes effect before Docker's rules. Null when this host has no subnet yet.
 */
export function renderNetworkTable(table: string, { ranges, own }: DesiredRouting): string | null {
  if (!own) return null;
  const sorted = [...new Set(ranges)].toSorted((a, b) => firstOf(a) - firstOf(b));
  return `table ip ${table} {
	comment "Drover: the managed network"
	set ranges {
		type ipv4_addr
		flags interval
		elements = { ${sorted.join(', ')} }
	}

	chain postrouting {
		type nat hook postrouting priority srcnat - 10; policy accept;
		ip saddr ${own.subnet} ip daddr != @ranges oifname != "${own.device}" masquerade comment "traffic that leaves the managed network"
	}
}
`;
}

function firstOf(range: string): number {
  return Number(parseIpv4Cidr(range)?.first ?? 0);
}

/** Accept rules for hosts whose FORWARD chain drops packets: from the environment's ranges to this host's subnet. */
export function renderNetworkAcceptRules({ ranges, own }: DesiredRouting): WantedRules {
  if (!own) return NO_NETWORK_RULES;
  const forward = [...new Set(ranges)]
    .toSorted()
    .map((range) => acceptRule(`-s ${range} -d ${own.subnet} -o ${own.device}`, NETWORK_COMMENT));
  // No rules in the raw table: our Docker network is created with an option that prevents Docker's filters there.
  return { ...NO_NETWORK_RULES, forward };
}

/** Wanting these removes all rules of the managed network. */
export const NO_NETWORK_RULES: WantedRules = { comment: NETWORK_COMMENT, forward: [], raw: [] };
