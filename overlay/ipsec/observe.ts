import { stat } from 'node:fs/promises';
import { type IpLink, type IpNetconf, readDevice, readIp } from '../../linux/index.ts';
import { formatProblem, type Problem } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';
import type { DesiredTunnels } from '../backend/backend.ts';
import type { KeyFile } from '../keys/key-file.ts';
import { findCharon, findTun, readMeans } from './charon/charon-files.ts';
import type { Session } from './charon/session.ts';
import { DEVICES, type IpsecMeans, type IpsecSettings } from './charon/settings.ts';
import { portTaken, readPortUse } from './ports.ts';
import type { LoadedConnections } from './tunnels/loaded-connections.ts';
import { parseKeys } from './tunnels/sas.ts';

export interface ObservedIpsec {
  /** Whether anything of this driver exists. */
  readonly exists: boolean;
  /** Null while `obstacle` is not. */
  readonly charon: ObservedCharon | null;
  /** Why charon cannot be used. */
  readonly obstacle: Problem | null;
  /** Peers that have no tunnel although one was tried. */
  readonly failures: readonly Problem[];
}

export interface ObservedCharon {
  readonly means: IpsecMeans;
  /** Of this host, as it is published. */
  readonly publicKey: string;
  /** Ids of the private keys that charon has. */
  readonly keys: readonly string[];
  /** Name of the CHILD_SA of each connection, by host id. */
  readonly connections: ReadonlyMap<string, string>;
  /** Our device. Null: there is none. */
  readonly link: IpLink | null;
  readonly netconf: IpNetconf | null;
}

export interface IpsecSources {
  readonly run: RunCommand;
  readonly session: Session;
  readonly loaded: LoadedConnections;
  readonly keys: KeyFile;
  /** Why charon has exited. */
  readonly charonProblem: () => Problem | null;
  readonly failures: () => readonly Problem[];
}

export async function observeIpsec(
  sources: IpsecSources,
  settings: IpsecSettings,
  { own }: DesiredTunnels,
  signal?: AbortSignal,
): Promise<ObservedIpsec> {
  const { runDir } = settings;
  const exists = await stat(runDir).then(
    () => true,
    () => false,
  );
  if (own === null) return { exists, charon: null, obstacle: null, failures: [] };
  const found = await observeCharon(sources, settings, signal);
  const failures = sources.failures();
  return 'subject' in found
    ? { exists, charon: null, obstacle: found, failures }
    : { exists, charon: found, obstacle: null, failures };
}

async function observeCharon(
  { run, session, loaded, keys, charonProblem }: IpsecSources,
  { runDir, port }: IpsecSettings,
  signal?: AbortSignal,
): Promise<ObservedCharon | Problem> {
  const key = await keys.read();
  if (!key.ok) return key.problem;
  const pid = await findCharon(runDir);
  const taken = portTaken(port, await readPortUse(run, port, signal), pid);
  if (taken) return taken;
  const vici = await session.vici(signal).catch(() => null);
  if (pid === null || vici === null) {
    const problem = charonProblem();
    throw new Error(problem ? formatProblem(problem) : 'charon is still starting; no action needed');
  }
  const means = (await readMeans(runDir)) ?? 'kernel-libipsec';
  const [name, known, conns] = await Promise.all([
    means === 'kernel' ? DEVICES.kernel : findTun(pid),
    vici.request('get-keys'),
    loaded.list(vici),
  ]);
  const [link, netconf] = name === null ? [null, null] : await readLink(run, name, signal);
  return { means, publicKey: key.value.publicKey, keys: parseKeys(known), connections: conns, link, netconf };
}

async function readLink(
  run: RunCommand,
  name: string,
  signal?: AbortSignal,
): Promise<readonly [IpLink | null, IpNetconf | null]> {
  const [link, { netconf }] = await Promise.all([
    readDevice(run, name, { signal }),
    readIp(run, [`netconf show dev ${name}`], { signal }),
  ]);
  return [link, netconf.find(({ family }) => family === 'inet') ?? null];
}
