import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** Where a host says which resolvers it uses; systemd-resolved and NetworkManager keep the real ones beside a stub. */
const FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf', '/run/NetworkManager/no-stub-resolv.conf'];

/**
 * The host's own resolvers that can be asked from another network namespace: loopback ones (a stub) cannot, and `ourselves`
 * would be a circle. Empty when there are none.
 */
export async function readHostResolvers(ourselves: readonly string[], files = FILES): Promise<readonly string[]> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const usable = nameserversOf(text).filter((address) => !isLoopback(address) && !ourselves.includes(address));
    if (usable.length > 0) return usable;
  }
  return [];
}

/** The `nameserver` lines of a resolv.conf that hold an address, in order, each once. */
export function nameserversOf(text: string): readonly string[] {
  const found = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '');
  return [...new Set(found.filter((address) => isIP(address.split('%')[0] ?? '') !== 0))];
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
