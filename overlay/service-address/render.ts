import { acceptRule, type WantedRules } from '../../linux/index.ts';
import type { ServiceAddressSettings } from './settings.ts';

/** The comment that marks our rules in chains that are not ours. */
export const ADDRESS_COMMENT = 'drover';

/**
 * Our table. Packets to and from the service address are excluded from connection tracking, so that Docker's port forwarding
 * and masquerade do not change them and the client's address is preserved. Packets that do not come from a bridge, for
 * example from another machine, are dropped. The rate of each client is limited here, because all clients share one queue
 * behind the veth pair.
 */
export function renderTable(settings: ServiceAddressSettings): string {
  const { table, device, serviceAddress, sourceAddress } = settings;
  const { set, rule } = renderLimit(settings);
  return `table ip ${table} {
	comment "Drover: service address"
${set}	chain prerouting {
		type filter hook prerouting priority raw - 10; policy accept;
		ip daddr ${serviceAddress} meta iifkind != "bridge" drop comment "only containers and this host may query"
${rule}		ip daddr ${serviceAddress} notrack comment "queries: no NAT, no connection tracking"
		ip saddr ${serviceAddress} notrack comment "replies: no NAT, no connection tracking"
	}

	chain output {
		type filter hook output priority raw - 10; policy accept;
${rule}		ip daddr ${serviceAddress} notrack comment "queries from the host itself"
	}

	chain postrouting {
		type nat hook postrouting priority srcnat - 10; policy accept;
		ip saddr ${sourceAddress} oifname != "${device}" masquerade comment "queries to upstream servers"
	}
}
`;
}

/** A burst may have the queries of a fifth of a second. */
const BURST_PER_SECOND = 0.2;

function renderLimit({ serviceAddress, maxQueriesPerSecond }: ServiceAddressSettings): { set: string; rule: string } {
  if (maxQueriesPerSecond === 0) return { set: '', rule: '' };
  const burst = Math.max(1, Math.round(maxQueriesPerSecond * BURST_PER_SECOND));
  const limit = `limit rate over ${maxQueriesPerSecond}/second burst ${burst} packets`;
  return {
    set: `	set clients {
		type ipv4_addr
		size 65535
		flags dynamic,timeout
		timeout 10s
	}

`,
    rule: `		ip daddr ${serviceAddress} udp dport 53 update @clients { ip saddr ${limit} } counter drop comment "rate limit per source"
`,
  };
}

/** Accept rules for hosts whose FORWARD chain drops packets. */
export function renderAcceptRules({
  device,
  serviceAddress,
  sourceAddress,
  dockerUserRules,
}: ServiceAddressSettings): WantedRules {
  const accept = (match: string): string => acceptRule(match, ADDRESS_COMMENT);
  if (!dockerUserRules) return NO_RULES;
  return {
    comment: ADDRESS_COMMENT,
    forward: [
      `-d ${serviceAddress}/32 -o ${device}`,
      `-s ${serviceAddress}/32 -i ${device}`,
      `-s ${sourceAddress}/32 -i ${device}`,
      `-d ${sourceAddress}/32 -o ${device} -m conntrack --ctstate RELATED,ESTABLISHED`,
    ].map(accept),
    raw: [accept(`-s ${serviceAddress}/32 -i ${device}`)],
  };
}

/** Wanting these removes all rules of the service address. */
export const NO_RULES: WantedRules = { comment: ADDRESS_COMMENT, forward: [], raw: [] };
