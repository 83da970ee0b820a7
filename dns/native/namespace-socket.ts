import { closeSync, openSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { ok, problem, type Result } from '../../model/index.ts';
import { loadAddon } from './load.ts';

/** Sockets in another network namespace. Everything else of this process stays in its own. */
export interface SocketNamespace {
  /**
   * A descriptor of a new socket for traffic with an address; a zone (`fe80::1%eth0`) binds it to that device. UDP sockets
   * have a port of their own. Throws if the kernel refuses.
   */
  socketFor(type: 'udp' | 'tcp', address: string): number;
  /** The sockets stay open. */
  close(): void;
}

/** `namespace-socket.c`. Returns a descriptor, or the negative errno. */
interface NamespaceSocketAddon {
  socketIn(namespace: number, family: number, type: 'udp' | 'tcp', device: string): number;
}

/** `file` is the namespace, for example `/proc/1/ns/net`. */
export function openNamespace(file: string): Result<SocketNamespace> {
  const addon = loadAddon<NamespaceSocketAddon>('namespace-socket');
  if (!addon.ok) return addon;
  const { socketIn } = addon.value;
  try {
    const namespace = openSync(file, 'r');
    const socketFor: SocketNamespace['socketFor'] = (type, text) => {
      const [address = '', zone = ''] = text.split('%');
      const result = socketIn(namespace, isIPv6(address) ? 6 : 4, type, zone);
      if (result < 0) throw new Error(`no ${type} socket for ${text}: ${getSystemErrorName(result)}`);
      return result;
    };
    return ok({ socketFor, close: () => closeSync(namespace) });
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return problem(`network namespace ${file}`, what, 'Run as root, in the PID namespace of the host.');
  }
}
