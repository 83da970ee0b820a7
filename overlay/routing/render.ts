import { acceptRule, type WantedRules } from '../../linux/index.ts';
import { parseIpv4Cidr } from '../../model/index.ts';
import type { DesiredRouting } from './desired-routing.ts';

/** The comment that marks our rules in chains that are not ours. */
export const NETWORK_COMMENT = 'drover-network';

/**
 * Our table: between the environment's ranges nothing is translated, what leaves them gets this host's address. It comes
 * before Docker's own rules. Null where this host has no subnet yet.
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
		ip saddr ${own.subnet} ip daddr != @ranges oifname != "${own.device}" masquerade comment "what leaves the managed network"
	}
}
`;
}

function firstOf(range: string): number {
  return Number(parseIpv4Cidr(range)?.first ?? 0);
}

/** Accept rules for where the host drops what it forwards: from any part of the environment's ranges to ours. */
export function renderNetworkAcceptRules({ ranges, own }: DesiredRouting): WantedRules {
  if (!own) return NO_NETWORK_RULES;
  const forward = [...new Set(ranges)]
    .toSorted()
    .map((range) => acceptRule(`-s ${range} -d ${own.subnet} -o ${own.device}`, NETWORK_COMMENT));
  // Nothing in the raw table: our Docker network is made so that Docker filters none of its addresses there.
  return { ...NO_NETWORK_RULES, forward };
}

/** Wanting these removes all rules of the managed network. */
export const NO_NETWORK_RULES: WantedRules = { comment: NETWORK_COMMENT, forward: [], raw: [] };
