import type { SetElements } from '../../linux/index.ts';
import { parseAddress } from '../../model/index.ts';
import type { DesiredFloor } from './desired-floor.ts';

interface Chain {
  readonly name: string;
  /** Null: other chains lead here. */
  readonly hook: string | null;
  readonly rules: readonly string[];
}

/** The addresses of the peers on the underlay, which change more often than the rules. */
export const PEER_SETS = ['peers4', 'peers6'] as const;

export type PeerElements = SetElements<(typeof PEER_SETS)[number]>;

export const NO_PEERS: PeerElements = { peers4: [], peers6: [] };

/**
 * Our table with empty sets, as nft lists it. Null: there is no tunnel. SYN packets get the largest
 * segment that fits both ways: nft takes the smaller MTU of the route to the receiver and of the one back.
 */
export function renderFloorTable(table: string, { ranges, own, devices, closed, vxlan }: DesiredFloor): string | null {
  if (devices.length === 0 && !closed) return null;
  const closedRanges = closed ? ranges.toSorted() : [];
  const tunnels = devices.toSorted();
  const allowed = (key: string) => ['lo', own.device, ...tunnels].map((device) => `${key} "${device}" accept`);
  // Most packets are no SYN, and leave the rule at once.
  const clamp = (key: string, device: string) =>
    `tcp flags syn / syn,rst ${key} "${device}" tcp option maxseg size set rt mtu`;
  const chains: readonly Chain[] = [
    {
      name: 'prerouting',
      hook: 'prerouting priority raw',
      rules: closedRanges.map((range) => `ip saddr ${range} ip daddr ${own.subnet} goto arriving`),
    },
    {
      name: 'input',
      // Not prerouting: packets between containers do not come here.
      hook: 'input priority raw',
      // The VNI is in the second word of the header [RFC 7348 §5].
      rules: vxlan ? [`udp dport ${vxlan.port} @th,96,24 0x${vxlan.vni.toString(16)} goto vxlan`] : [],
    },
    {
      name: 'forward',
      hook: 'forward priority mangle',
      rules: tunnels.flatMap((device) => [clamp('iifname', device), clamp('oifname', device)]),
    },
    {
      name: 'postrouting',
      hook: 'postrouting priority raw',
      rules: closedRanges.map((range) => `ip daddr ${range} goto leaving`),
    },
    {
      name: 'arriving',
      hook: null,
      rules: closed ? [...allowed('iifname'), 'counter drop comment "not through a tunnel"'] : [],
    },
    {
      name: 'leaving',
      hook: null,
      rules: closed ? [...allowed('oifname'), 'counter drop comment "would leave in clear"'] : [],
    },
    { name: 'vxlan', hook: null, rules: vxlan ? PEER_RULES : [] },
  ];
  return `table inet ${table} {
	comment "Drover: what carries packets between containers"
${vxlan ? EMPTY_SETS : ''}${chains
  .filter(({ rules }) => rules.length > 0)
  .map(renderChain)
  .join('\n')}}
`;
}

function renderChain({ name, hook, rules }: Chain): string {
  const lines = [...(hook === null ? [] : [`type filter hook ${hook}; policy accept;`]), ...rules];
  return `	chain ${name} {\n${lines.map((line) => `\t\t${line}\n`).join('')}	}\n`;
}

const EMPTY_SETS = `	set peers4 {
		type ipv4_addr
	}

	set peers6 {
		type ipv6_addr
	}

`;

const PEER_RULES = [
  'ip saddr @peers4 accept',
  'ip6 saddr @peers6 accept',
  'counter drop comment "VXLAN of a host that is no peer"',
] as const;

/** The content of the sets. */
export function peerElements({ vxlan }: Pick<DesiredFloor, 'vxlan'>): PeerElements {
  const parsed = (vxlan?.addresses ?? []).map(parseAddress).flatMap((address) => (address.ok ? [address.value] : []));
  const elements = (wanted: 4 | 6) => [
    ...new Set(parsed.filter(({ family }) => family === wanted).map(({ text }) => text)),
  ];
  return { peers4: elements(4), peers6: elements(6) };
}
