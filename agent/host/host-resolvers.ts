import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { basename, dirname } from 'node:path';
import type { Clock } from '../../system/index.ts';

/** Where a host says which resolvers it uses; systemd-resolved and NetworkManager keep the real ones beside a stub. */
const FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf', '/run/NetworkManager/no-stub-resolv.conf'];

export interface HostResolverOptions {
  /**
   * Whether resolvers on loopback (stubs) can be asked: not from another network namespace. Where they can, the real ones
   * come behind them, for the case that the stub leads back to us.
   */
  readonly stubs?: boolean;
  readonly files?: readonly string[];
}

/** The host's own resolvers without `ourselves`, which would be a circle. Empty when there are none. */
export async function readHostResolvers(
  ourselves: readonly string[],
  { stubs = false, files = FILES }: HostResolverOptions = {},
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const others = nameserversOf(text).filter((address) => !ourselves.includes(address));
    found.push(...others.filter((address) => stubs || !isLoopback(address)));
    if (others.some((address) => !isLoopback(address))) break;
  }
  return [...new Set(found)];
}

/** Whether the host asks a stub of its own. */
export async function hasLocalStub(files: readonly string[] = FILES): Promise<boolean> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.some((text) => nameserversOf(text).some(isLoopback));
}

/** The `nameserver` lines of a resolv.conf that hold an address, in order, each once. */
export function nameserversOf(text: string): readonly string[] {
  const found = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '');
  return [...new Set(found.filter((address) => isIP(address.split('%')[0] ?? '') !== 0))];
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** A change that no watch tells of (a mount, a link that leads elsewhere) is seen after this. */
const INTERVAL_MS = 5_000;
/** Files are written in several steps; in the middle of them they may be empty. */
const SETTLE_MS = 50;

/** Reads again when one of the files changes, and every few seconds; gives the newest, the same array while it is equal. */
export async function followHostResolvers(
  { clock }: { readonly clock: Clock },
  read: () => Promise<readonly string[]>,
  { signal, files = FILES }: { readonly signal: AbortSignal; readonly files?: readonly string[] },
): Promise<() => readonly string[]> {
  let found = await read();
  let wake = (): void => undefined;
  const take = async (): Promise<void> => {
    const next = await read();
    if (next.join() !== found.join()) found = next;
  };
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      const { promise: changed, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await Promise.race([clock.sleep(INTERVAL_MS, signal), changed.then(() => clock.sleep(SETTLE_MS, signal))]);
      await take();
    }
  };
  for (const file of files) watchFile(file, () => wake(), signal);
  follow().catch(() => undefined);
  return () => found;
}

/** The directory: editors and network managers put a new file in the place of the old one. */
function watchFile(file: string, onChange: () => void, signal: AbortSignal): void {
  try {
    const watcher = watch(dirname(file), { persistent: false, signal }, (_event, name) => {
      if (name === basename(file)) onChange();
    });
    watcher.on('error', () => watcher.close());
  } catch {
    // There is no such directory on this host, or no watch to be had: the interval has to do.
  }
}
