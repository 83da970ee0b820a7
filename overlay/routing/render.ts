import { acceptRule, type WantedRules } from '../../linux/index.ts';
import { parseIpv4Cidr } from '../../model/index.ts';
import type { DesiredRouting } from './desired-routing.ts';

/** The comment that marks our rules in chains that are not ours. */
export const NETWORK_COMMENT = 'drover-network';

/** Longer than 2 h, after which the kernels of both ends send keep-alives, and 9 of them without an answer. */
const HALF_CLOSED_SECONDS = 8_100;

/** nft writes its own defaults for the other states, 5 days for an idle connection, whatever the settings of the host are. */
const REMEMBERED = `	ct timeout remembered {
		protocol tcp
		l3proto ip
		policy = { close_wait : ${HALF_CLOSED_SECONDS} }
	}

`;

/**
 * Our table: traffic between the environment's ranges keeps its source address, traffic that leaves them gets this host's.
 * The table takes effect before Docker's rules. Null when this host has no subnet yet. `remembers`: the kernel can keep idle and half-closed
 * connections of containers longer than those of others.
 */
export function renderNetworkTable(table: string, { ranges, own }: DesiredRouting, remembers: boolean): string | null {
  if (!own) return null;
  const sorted = [...new Set(ranges)].toSorted((a, b) => firstOf(a) - firstOf(b));
  // As nft lists it: the elements of a named set are not listed, and a set of one is no set.
  const rangesText = sorted.length === 1 ? sorted[0] : `{ ${sorted.join(', ')} }`;
  return `table ip ${table} {
	comment "Drover: the managed network"
${remembers ? REMEMBERED : ''}	chain postrouting {
		type nat hook postrouting priority srcnat - 10; policy accept;
${remembers ? remembering(own.subnet) : ''}		ip saddr ${own.subnet} ip daddr != ${rangesText} oifname != "${own.device}" masquerade comment "traffic that leaves the managed network"
	}
}
`;
}

/** In a chain for NAT, so that only the first packet of a connection costs something: the addresses of published ports are replaced then. */
function remembering(subnet: string): string {
  const rules = ['saddr', 'daddr'].map(
    (end) => `		ip ${end} ${subnet} meta l4proto tcp ct timeout set "remembered"\n`,
  );
  return rules.join('');
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
