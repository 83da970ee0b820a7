import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { endianness } from 'node:os';
import type { Listen } from './server.ts';

/** Datagrams that the kernel dropped, for all sockets bound to this IPv4 address and port; 0 if that is not known. */
export function readOverflow({ address, port }: Listen): number {
  if (!isIPv4(address)) return 0;
  try {
    return sumDrops(readFileSync('/proc/self/net/udp', 'latin1'), localField(address, port));
  } catch {
    return 0;
  }
}

/** The sum of the last column over the lines of one local address. */
function sumDrops(table: string, local: string): number {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1] === local)
    .reduce((sum, fields) => sum + Number(fields.at(-1) ?? 0), 0);
}

/** The kernel prints an address as the number that its bytes are in memory. */
function localField(address: string, port: number): string {
  const bytes = address.split('.').map(Number);
  const inOrder = endianness() === 'LE' ? bytes.reverse() : bytes;
  const hex = inOrder.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}
