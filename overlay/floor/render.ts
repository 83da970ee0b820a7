import { parseAddress } from '../../model/index.ts';
import type { DesiredFloor, VxlanPeers } from './desired-floor.ts';

interface Chain {
  readonly name: string;
  /** Null: other chains lead here. */
  readonly hook: string | null;
  readonly rules: readonly string[];
}

/**
 * Our table, as nft lists it; without named sets, because their elements are not listed. Null: there is no tunnel. SYN packets get the largest
 * segment that fits both ways: nft takes the smaller MTU of the route to the receiver and of the one back.
 */
export function renderFloorTable(table: string, { ranges, own, devices, closed, vxlan }: DesiredFloor): string | null {
  if (devices.length === 0 && !closed) return null;
  const closedRanges = closed ? ranges.toSorted() : [];
  const tunnels = devices.toSorted();
  const allowed = (key: string) => ['lo', own.device, ...tunnels].map((device) => `${key} "${device}" accept`);
  const clamp = 'tcp flags syn / syn,rst tcp option maxseg size set rt mtu';
  const chains: readonly Chain[] = [
    {
      name: 'prerouting',
      hook: 'prerouting priority raw',
      rules: [
        ...closedRanges.map((range) => `ip saddr ${range} ip daddr ${own.subnet} goto arriving`),
        // The VNI is in the second word of the header [RFC 7348 §5].
        ...(vxlan ? [`udp dport ${vxlan.port} @th,96,24 0x${vxlan.vni.toString(16)} goto vxlan`] : []),
      ],
    },
    {
      name: 'forward',
      hook: 'forward priority mangle',
      rules: tunnels.flatMap((device) => [`iifname "${device}" ${clamp}`, `oifname "${device}" ${clamp}`]),
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
    { name: 'vxlan', hook: null, rules: vxlan ? peerRules(vxlan) : [] },
  ];
  return `table inet ${table} {
	comment "Drover: what carries packets between containers"
${chains
  .filter(({ rules }) => rules.length > 0)
  .map(renderChain)
  .join('\n')}}
`;
}

function renderChain({ name, hook, rules }: Chain): string {
  const lines = [...(hook === null ? [] : [`type filter hook ${hook}; policy accept;`]), ...rules];
  return `	chain ${name} {\n${lines.map((line) => `\t\t${line}\n`).join('')}	}\n`;
}

function peerRules({ addresses }: VxlanPeers): readonly string[] {
  const parsed = addresses.flatMap((text) => {
    const address = parseAddress(text);
    return address.ok ? [address.value] : [];
  });
  const sorted = parsed.toSorted((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  const accept = (family: 4 | 6, key: string): readonly string[] => {
    const texts = [...new Set(sorted.filter((address) => address.family === family).map(({ text }) => text))];
    return texts.length === 0 ? [] : [`${key} saddr { ${texts.join(', ')} } accept`];
  };
  return [...accept(4, 'ip'), ...accept(6, 'ip6'), 'counter drop comment "VXLAN of a host that is no peer"'];
}
