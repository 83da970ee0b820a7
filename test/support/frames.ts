import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../system/index.ts';

/** Frames in hexadecimal for `send-frames`, as any program with a packet socket can send them. */

/** The claimed sender: MAC and IPv4 address. */
export interface Station {
  readonly mac: string;
  readonly ipv4: string;
}

/** Compiles `send-frames` statically into a directory, so that it runs in any container. */
export async function buildSendFrames(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const options = ['-static', '-O2', '-Wall', '-Wextra', '-Werror'];
  await runCommand('musl-gcc', [...options, '-o', join(dir, 'send-frames'), 'test/support/send-frames.c']);
}

export function udpFrame(from: Station, to: Station, ports: readonly [number, number]): string {
  const udp = hex16(...ports, 8, 0);
  return ethernet(from.mac, to.mac, `0800${ipv4(from, to, 17, udp)}`);
}

export function synFrame(from: Station, to: Station, ports: readonly [number, number]): string {
  const segment = (sum: number) => `${hex16(...ports)}${'00000001'}${'00000000'}${hex16(0x5002, 64_240, sum, 0)}`;
  const pseudo = `${address(from.ipv4)}${address(to.ipv4)}${hex16(6, 20)}`;
  return ethernet(from.mac, to.mac, `0800${ipv4(from, to, 6, segment(checksum(pseudo + segment(0))))}`);
}

/** `from.ipv4 is-at from.mac`, sent to one station. */
export function arpReply(from: Station, to: Station): string {
  return ethernet(from.mac, to.mac, `0806${arp(2, from, to)}`);
}

/** The same frame with a VLAN tag of number 0 before its type; receiving hosts ignore the tag. */
export function tagged(frame: string): string {
  return `${frame.slice(0, 24)}81000000${frame.slice(24)}`;
}

function ethernet(from: string, to: string, typeAndPayload: string): string {
  return `${bare(to)}${bare(from)}${typeAndPayload}`;
}

function arp(operation: number, from: Station, to: Station): string {
  return `000108000604${hex16(operation)}${bare(from.mac)}${address(from.ipv4)}${bare(to.mac)}${address(to.ipv4)}`;
}

function ipv4(from: Station, to: Station, protocol: number, payload: string): string {
  const length = 20 + payload.length / 2;
  const header = (sum: number) =>
    `${hex16(0x4500, length, 1, 0, 0x4000 + protocol, sum)}${address(from.ipv4)}${address(to.ipv4)}`;
  return `${header(checksum(header(0)))}${payload}`;
}

/** The Internet checksum [RFC 1071]. */
function checksum(hex: string): number {
  let sum = (hex.match(/.{4}/g) ?? []).reduce((total, word) => total + Number.parseInt(word, 16), 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function hex16(...values: readonly number[]): string {
  return values.map((value) => value.toString(16).padStart(4, '0')).join('');
}

function bare(mac: string): string {
  return mac.replaceAll(':', '');
}

function address(ipv4Text: string): string {
  return ipv4Text
    .split('.')
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join('');
}
