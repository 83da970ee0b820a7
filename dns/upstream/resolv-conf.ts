import { isIP } from 'node:net';
import { isLoopback } from './address.ts';

/** The addresses of the `nameserver` lines, in order; what is none is left out. */
export function parseNameservers(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => /^\s*nameserver\s+([^\s#;]+)/.exec(line)?.[1] ?? '')
    .filter((address) => isIP(address) !== 0);
}

/** Whom of them a name server in a namespace of its own can ask: no stub on loopback, and never itself. */
export function usableNameservers(addresses: readonly string[], never: readonly string[]): readonly string[] {
  return [...new Set(addresses)].filter((address) => !isLoopback(address) && !never.includes(address));
}
