import { readFile } from 'node:fs/promises';
import { checkInstalled } from '../../haproxy/index.ts';
import { isReachable, type LbTable } from '../../lb/index.ts';
import type { Problem } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';
import type { Config } from '../config/config.ts';

/** Whether this host can do what its load balancers declare. Empty if there are none. */
export async function checkLoadBalancer(
  run: RunCommand,
  command: string,
  { listeners }: LbTable,
): Promise<readonly Problem[]> {
  if (listeners.length === 0) return [];
  const loss = 'no service is published on this host';
  const installed = await checkInstalled(run, [command], { purpose: 'load balancer', loss, needs: ['tls'] });
  const allowed = await readPortPermission();
  const ports = listeners.map(({ port }) => port);
  return [...(installed.ok ? [] : [installed.problem]), ...findForbiddenPorts(ports, allowed)];
}

/** With the Compose file of an earlier version, which has no service `lb`, HAProxy ends with the container of the agent. */
export function findSharedContainer(
  { host, lb }: Pick<Config, 'host' | 'lb'>,
  { listeners }: Pick<LbTable, 'listeners'>,
): readonly Problem[] {
  if (host.root === '/' || !lb.supervise || listeners.length === 0) return [];
  const what =
    'HAProxy runs in the container of the agent: no published service is reachable while that container is replaced';
  const hint =
    'use the Compose file of this version, which has the service `lb` and the setting `DROVER_LB_SUPERVISE=false`';
  return [{ subject: 'load balancer', what, hint }];
}

/** A run directory that HAProxy's workers cannot pass to reach each other (`lb/README.md`). */
export async function findClosedDirectory(
  { runDir }: Pick<Config, 'runDir'>,
  { listeners }: Pick<LbTable, 'listeners'>,
): Promise<readonly Problem[]> {
  if (listeners.length === 0 || (await isReachable(runDir).catch(() => true))) return [];
  const what = `HAProxy's workers cannot reach ${runDir}: after a reload, a request on a kept connection can get 503 if its containers were replaced`;
  const hint = `let all users pass the directories on this path: \`chmod o+x\` for each, or change \`runDir\`; then restart the agent`;
  return [{ subject: 'load balancer', what, hint }];
}

export interface PortPermission {
  /** Whether this process has CAP_NET_BIND_SERVICE. */
  readonly mayBind: boolean;
  /** Ports from this one on need no capability. */
  readonly firstFree: number;
}

/** Bit of CAP_NET_BIND_SERVICE [capabilities(7)]. */
const NET_BIND_SERVICE = 10n;

async function readPortPermission(): Promise<PortPermission> {
  const [status, firstFree] = await Promise.all([
    readFile('/proc/self/status', 'utf8'),
    readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => '1024'),
  ]);
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return { mayBind: ((effective >> NET_BIND_SERVICE) & 1n) === 1n, firstFree: Number(firstFree) };
}

/** Ports that HAProxy may not open, as in a container without the capability. */
export function findForbiddenPorts(
  ports: readonly number[],
  { mayBind, firstFree }: PortPermission,
): readonly Problem[] {
  const forbidden = mayBind ? [] : ports.filter((port) => port < firstFree);
  if (forbidden.length === 0) return [];
  const what = `may not listen on port ${forbidden.join(', ')}: this process lacks the capability NET_BIND_SERVICE`;
  return [{ subject: 'load balancer', what, hint: 'add NET_BIND_SERVICE to cap_add of the agent, or run it as root' }];
}
