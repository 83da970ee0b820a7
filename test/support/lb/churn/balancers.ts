import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askHaproxy } from '../../../../haproxy/index.ts';
import type { Member } from '../../world.ts';

const ask = ({ agent }: Member, command: string): Promise<string> =>
  askHaproxy(join(agent.runDir, 'lb/admin.sock'), command, { signal: AbortSignal.timeout(10_000) });

/** The process of HAProxy that takes connections: each start and each reload has another one. */
export async function workerOf(host: Member): Promise<number> {
  const reply = await ask(host, 'show info');
  const [, pid] = /^Pid: (\d+)$/m.exec(reply) ?? [];
  if (pid === undefined) throw new Error(`HAProxy of ${host.name} does not say its process id: ${reply}`);
  return Number(pid);
}

/** The weights of all servers. */
export async function weightsOf(host: Member): Promise<readonly number[]> {
  const [head = '', ...rows] = (await ask(host, 'show stat -1 4 -1')).trim().split('\n');
  const column = head.replace(/^# /, '').split(',').indexOf('weight');
  return rows.map((row) => Number(row.split(',')[column]));
}

export interface FrontRule {
  readonly hostname: string;
  readonly weight: number;
  /** An option of the rule that only a reload can bring. */
  readonly gzip?: boolean;
}

/** Writes the rules of a balancer in front of the service into the manifests of a host. */
export async function writeFront({ agent, host }: Member, rules: readonly FrontRule[]): Promise<void> {
  const port_rules = rules.map((rule) => ({
    ...{ source_port: 80, protocol: 'http', service: 'shop/web', target_port: 8080 },
    ...rule,
  }));
  const text = JSON.stringify({ stack: 'shop', services: { front: { lb_config: { port_rules } } } });
  await writeFile(join(host.dir, 'front.new'), text);
  await rename(join(host.dir, 'front.new'), join(agent.dataDir, '../manifests/front.yml'));
}
