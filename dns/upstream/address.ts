import { isIP } from 'node:net';

/** A resolver to ask. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.2`, `10.0.0.2:5353`, `2001:db8::2`, `[2001:db8::2]:5353`; null for anything else. */
export function parseUpstream(text: string): Upstream | null {
  if (isIP(text) !== 0) return { address: text, port: 53 };
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const address = parts?.[1] ?? parts?.[2] ?? '';
  const port = Number(parts?.[3]);
  const family = parts?.[1] === undefined ? 4 : 6;
  return isIP(address) === family && port >= 1 && port <= 65_535 ? { address, port } : null;
}

export function formatUpstream({ address, port }: Upstream): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** An address that means another program on every machine: a stub such as 127.0.0.53, never reachable from a container. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
