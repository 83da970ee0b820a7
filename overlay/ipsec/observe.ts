import { stat } from 'node:fs/promises';
import { readTunnelDevice, type TunnelDevice } from '../../linux/index.ts';
import { formatProblem, type Problem } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';
import type { DesiredTunnels } from '../backend/backend.ts';
import { findCharon, findTun, readMeans } from './charon/charon-files.ts';
import type { Credential, CredentialFile } from './charon/credential.ts';
import type { Session } from './charon/session.ts';
import { DEVICES, type IpsecMeans, type IpsecSettings } from './charon/settings.ts';
import { portTaken, readPortUse } from './ports.ts';
import type { LoadedConnections } from './tunnels/loaded-connections.ts';

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

/** With our device, if there is one. */
export interface ObservedCharon extends TunnelDevice {
  readonly means: IpsecMeans;
  /** Of this host. */
  readonly credential: Pick<Credential, 'publicKey' | 'id'>;
  /** Ids of the credentials that charon has. */
  readonly keys: readonly string[];
  /** Name of the CHILD_SA of each connection, by host id. */
  readonly connections: ReadonlyMap<string, string>;
}

export interface IpsecSources {
  readonly run: RunCommand;
  readonly session: Session;
  readonly loaded: LoadedConnections;
  readonly credentials: CredentialFile;
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
  sources: IpsecSources,
  { runDir, port }: IpsecSettings,
  signal?: AbortSignal,
): Promise<ObservedCharon | Problem> {
  const { run, credentials, charonProblem } = sources;
  const credential = await credentials.read();
  if (!credential.ok) return credential.problem;
  const pid = await findCharon(runDir);
  const [uses, charon] = await Promise.all([
    readPortUse(run, port, signal),
    pid === null ? null : readCharon(sources, { runDir, pid }, signal),
  ]);
  const taken = portTaken(port, uses, pid);
  if (taken) return taken;
  if (charon === null) {
    const problem = charonProblem();
    throw new Error(problem ? formatProblem(problem) : 'charon is still starting; no action needed');
  }
  const { publicKey, id } = credential.value;
  return { ...charon, credential: { publicKey, id } };
}

/** Null: charon does not answer yet. */
async function readCharon(
  { run, session, loaded, credentials }: IpsecSources,
  { runDir, pid }: { readonly runDir: string; readonly pid: number },
  signal?: AbortSignal,
): Promise<Omit<ObservedCharon, 'credential'> | null> {
  const vici = await session.vici(signal).catch(() => null);
  if (vici === null) return null;
  const means = (await readMeans(runDir)) ?? 'kernel-libipsec';
  const name = means === 'kernel' ? DEVICES.kernel : await findTun(pid);
  const [keys, connections, device] = await Promise.all([
    credentials.list(vici),
    loaded.list(vici),
    readOwnDevice(run, name, signal),
  ]);
  return { means, keys, connections, ...device };
}

async function readOwnDevice(run: RunCommand, name: string | null, signal?: AbortSignal): Promise<TunnelDevice> {
  return name === null ? { link: null, netconf: null } : await readTunnelDevice(run, name, signal);
}
