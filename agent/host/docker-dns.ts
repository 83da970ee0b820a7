import { readdir, readFile } from 'node:fs/promises';
import { readHostFile } from './host-file.ts';

/** Docker's `dns` setting, where it can be made. */
export interface DockerDns {
  /** The text of daemon.json. */
  readonly daemonJson: string;
  /** The command lines of the engines that run on this host. */
  readonly commandLines: readonly (readonly string[])[];
}

export const DAEMON_JSON = '/etc/docker/daemon.json';

/** `root`: where the host's file system is mounted. */
export async function readDockerDns(root: string): Promise<DockerDns> {
  const daemonJson = await readHostFile(root, DAEMON_JSON).catch(() => '{}');
  return { daemonJson, commandLines: await dockerdCommandLines() };
}

/** The addresses in the setting, each once; null: daemon.json is not an object. Pure. */
export function dnsAddresses({ daemonJson, commandLines }: DockerDns): readonly string[] | null {
  const settings = parseSettings(daemonJson);
  if (settings === null) return null;
  const { dns } = settings;
  return [...new Set([...(Array.isArray(dns) ? dns.map(String) : []), ...commandLines.flatMap(dnsOptions)])];
}

/** Null: not an object. Pure. */
export function parseSettings(text: string): { readonly [key: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** The addresses in the options of an engine. Pure. */
export function dnsOptions(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, index) => {
    if (arg === '--dns') return [args[index + 1] ?? ''];
    return arg.startsWith('--dns=') ? [arg.slice('--dns='.length)] : [];
  });
}

async function dockerdCommandLines(): Promise<readonly (readonly string[])[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.map((line) => line.split('\0')).filter(([program = '']) => /(^|\/)dockerd$/.test(program));
}
