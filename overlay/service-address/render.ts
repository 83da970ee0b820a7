import { acceptRule, type WantedRules } from '../../linux/index.ts';
import type { ServiceAddressSettings } from './settings.ts';

/** The comment that marks our rules in chains that are not ours. */
export const ADDRESS_COMMENT = 'drover';

/**
 * Our table. Before connection tracking sees a packet to or from the service address it is marked as untracked, so that
 * neither Docker's port forwarding nor its masquerade touches it and the asker's address stays. Containers reach the host
 * over bridges: whoever else asks (a neighbour on the wire) is not answered. Who asks more often than the limit is cut to
 * it here, for behind the cable there is one queue for all.
 */
export function renderTable(settings: ServiceAddressSettings): string {
  const { table, device, serviceAddress, sourceAddress } = settings;
  const { set, rule } = renderLimit(settings);
  return `table ip ${table} {
	comment "Drover: the address containers ask at"
${set}	chain prerouting {
		type filter hook prerouting priority raw - 10; policy accept;
		ip daddr ${serviceAddress} meta iifkind != "bridge" drop comment "nobody but containers and this host asks"
${rule}		ip daddr ${serviceAddress} notrack comment "questions: no NAT, no connection tracking"
		ip saddr ${serviceAddress} notrack comment "answers: no NAT, no connection tracking"
	}

	chain output {
		type filter hook output priority raw - 10; policy accept;
${rule}		ip daddr ${serviceAddress} notrack comment "questions of the host itself"
	}

	chain postrouting {
		type nat hook postrouting priority srcnat - 10; policy accept;
		ip saddr ${sourceAddress} oifname != "${device}" masquerade comment "what we ask the outside"
	}
}
`;
}

/** A source may send a fifth of a second's worth at once. */
const BURST_PER_SECOND = 0.2;

function renderLimit({ serviceAddress, maxQueriesPerSecond }: ServiceAddressSettings): { set: string; rule: string } {
  if (maxQueriesPerSecond === 0) return { set: '', rule: '' };
  const burst = Math.max(1, Math.round(maxQueriesPerSecond * BURST_PER_SECOND));
  const limit = `limit rate over ${maxQueriesPerSecond}/second burst ${burst} packets`;
  return {
    set: `	set askers {
		type ipv4_addr
		size 65535
		flags dynamic,timeout
		timeout 10s
	}

`,
    rule: `		ip daddr ${serviceAddress} udp dport 53 update @askers { ip saddr ${limit} } counter drop comment "a flood: one source over its limit"
`,
  };
}

/** Accept rules for where the host drops what it forwards. */
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
