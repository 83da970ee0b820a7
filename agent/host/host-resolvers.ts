import { watch } from 'node:fs';
import { isIP } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { plainAddress } from '../../model/index.ts';
import { originalOf } from '../../resolv-conf/index.ts';
import type { Clock } from '../../system/index.ts';
import { readHostFile } from './host-file.ts';

/** The files that list a host's resolvers. systemd-resolved and NetworkManager keep the real ones in files of their own. */
const FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf', '/run/NetworkManager/no-stub-resolv.conf'];

export interface HostFiles {
  /** Where the host's file system is mounted (`host.root`); default `/`. */
  readonly root?: string;
  readonly files?: readonly string[];
}

export interface HostResolverOptions extends HostFiles {
  /**
   * Whether resolvers on loopback (stubs) can be used: not from another network namespace. If they can, the real resolvers
   * follow them, because a stub may forward to Drover.
   */
  readonly stubs?: boolean;
}

/** The host's own resolvers without `ourselves`, which would be a forwarding loop. Empty when there are none. */
export async function readHostResolvers(
  ourselves: readonly string[],
  { stubs = false, root = '/', files = FILES }: HostResolverOptions = {},
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of files) {
    const text = await readHostFile(root, file).catch(() => '');
    const others = nameserversOf(text).filter((address) => !ourselves.includes(address));
    found.push(...others.filter((address) => stubs || !isLoopback(address)));
    if (others.some((address) => !isLoopback(address))) break;
  }
  return [...new Set(found)];
}

/** Whether the host uses a local stub resolver. */
export async function hasLocalStub({ root = '/', files = FILES }: HostFiles = {}): Promise<boolean> {
  const texts = await Promise.all(files.map((file) => readHostFile(root, file).catch(() => '')));
  return texts.some((text) => nameserversOf(text).some(isLoopback));
}

/** The addresses of the `nameserver` lines of a resolv.conf, in order, each once. */
export function nameserversOf(text: string): readonly string[] {
  // If Drover wrote the file (that of a container which Drover runs in), the resolvers are in the original text.
  const original = originalOf(text) ?? text;
  const found = [...original.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '');
  return [...new Set(found.filter((address) => isIP(address.split('%')[0] ?? '') !== 0).map(plainAddress))];
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** Changes that a watch does not report (a mount, a changed link) are seen after this. */
const INTERVAL_MS = 5_000;
/** A file may be empty while it is being written. */
const SETTLE_MS = 50;

/** Reads again when one of the files changes, and every few seconds. Returns the newest list, the identical one while it is equal. */
export async function followHostResolvers(
  { clock }: { readonly clock: Clock },
  read: () => Promise<readonly string[]>,
  { signal, root = '/', files = FILES }: HostFiles & { readonly signal: AbortSignal },
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
  for (const file of files) watchFile(join(root, file), () => wake(), signal);
  follow().catch(() => undefined);
  return () => found;
}

/** Watches the directory, because editors and network managers replace the file by a new one. */
function watchFile(file: string, onChange: () => void, signal: AbortSignal): void {
  try {
    const watcher = watch(dirname(file), { persistent: false, signal }, (_event, name) => {
      if (name === basename(file)) onChange();
    });
    watcher.on('error', () => watcher.close());
  } catch {
    // The directory does not exist, or no watch is available: the interval is enough.
  }
}
