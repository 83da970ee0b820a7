import { isIP } from 'node:net';
import { plainAddress } from './address/address.ts';
import type { LabelFault } from './problem/label-fault.ts';

/** An upstream resolver. The address is canonical; it may have a zone (`fe80::1%eth0`). */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.2`, `10.0.0.2:5353`, `2001:db8::2`, `[2001:db8::2]:5353`; null for anything else. */
export function parseUpstream(text: string): Upstream | null {
  if (isIP(text) !== 0) return { address: plainAddress(text), port: 53 };
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const address = parts?.[1] ?? parts?.[2] ?? '';
  const port = Number(parts?.[3] ?? 53);
  const family = parts?.[1] === undefined ? 4 : 6;
  return isIP(address) === family && port >= 1 && port <= 65_535 ? { address: plainAddress(address), port } : null;
}

export function formatUpstream({ address, port }: Upstream): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Label with the resolvers of a container, which are queried before those of `--dns`. */
const LABEL = 'drover.dns.upstreams';

/** The resolvers in the label, `address` or `address:port`; none if one of them is invalid. */
export function upstreamsOfLabels(labels: Readonly<Record<string, string>>): readonly string[] {
  const items = itemsOf(labels[LABEL]);
  return items.every((item) => parseUpstream(item) !== null) ? items : [];
}

export function upstreamLabelFaults(labels: Readonly<Record<string, string>>): readonly LabelFault[] {
  const bad = itemsOf(labels[LABEL]).find((item) => parseUpstream(item) === null);
  if (bad === undefined) return [];
  return [
    {
      label: LABEL,
      what: `has ${JSON.stringify(bad)}, which is not an address such as \`10.0.0.2\` or \`10.0.0.2:5353\``,
    },
  ];
}

function itemsOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(/[\s,]+/).filter((item) => item !== '');
}
