import type { RollEvent } from '../../../../agent/index.ts';
import { composeUp } from '../../containers.ts';
import { poll } from '../../poll.ts';
import type { Member } from '../../world.ts';
import { echoOptions } from '../echo-container.ts';
import type { Load } from '../load.ts';
import { weightsOf, workerOf, writeFront } from './balancers.ts';
import { writeCertificate } from './certificate.ts';
import { type ChurnWorld, FRONT_HOST, LABEL_HOST, untilAnswered } from './churn-world.ts';

const LONG_MS = 60_000;

/** Gives the balancer `front` other weights; each is in force on both hosts before the next one. */
export async function changeWeights({ hosts }: ChurnWorld, count: number): Promise<void> {
  for (let change = 0; change < count; change += 1) {
    const weight = 2 + (change % 255);
    await writeFront(hosts[0], [{ hostname: FRONT_HOST, weight }]);
    for (const host of hosts) {
      const isInForce = async () => (await weightsOf(host)).includes(weight);
      await poll(isInForce, { what: `weight ${weight} on ${host.name}`, timeoutMs: LONG_MS });
    }
  }
}

/**
 * Replaces a rule by one for another host name; the new one answers on both hosts before the next one. `usual`: rules that come and go without a
 * reload; the others have an option that needs one.
 */
export async function changeRules(world: ChurnWorld, count: number, kind: 'usual' | 'other'): Promise<void> {
  for (let change = 0; change < count; change += 1) {
    const hostname = `${kind}-${change}.example`;
    await writeFront(world.hosts[0], [
      { hostname: FRONT_HOST, weight: 1 },
      { hostname, weight: 1, ...(kind === 'other' && { gzip: true }) },
    ]);
    for (const { address } of world.hosts)
      await untilAnswered(world, { protocol: 'http', address, port: 80, host: hostname });
  }
}

const LATE_HOST = 'late.example';

/** Starts a service whose labels publish it on both hosts, and removes it again. */
export async function publishService(world: ChurnWorld): Promise<void> {
  const [alpha] = world.hosts;
  const labels = { 'drover.lb.host': LATE_HOST };
  const isAnswered = (status: number) =>
    Promise.all(
      world.hosts.map(({ address }) =>
        untilAnswered(world, { protocol: 'http', address, port: 80, host: LATE_HOST }, status),
      ),
    );
  await isAnswered(503);
  await composeUp(alpha, 'shop', 'late', 1, echoOptions({ service: 'late', labels, onSigterm: 'exit' }));
  await isAnswered(200);
  const container = alpha.engine.docker.getContainer('shop-late-1');
  await container.stop();
  await container.remove();
  await isAnswered(503);
}

/** Renews the certificate; clients see the new one before the next one. */
export async function renewCertificates({ certificates }: ChurnWorld, load: Load, count: number): Promise<void> {
  for (let renewal = 0; renewal < count; renewal += 1) {
    const fingerprint = await writeCertificate(certificates, LABEL_HOST);
    const isSeen = () => load.current().certificates.includes(fingerprint);
    await poll(isSeen, { what: `certificate ${fingerprint}`, timeoutMs: LONG_MS });
  }
}

/** `drover roll` on one host after the other, until at least `count` containers are replaced; gives their number. */
export async function roll({ hosts }: ChurnWorld, count: number): Promise<number> {
  let rolled = 0;
  for (let turn = 0; rolled < count; turn += 1) {
    const { name, agent } = hosts[turn % hosts.length] as Member;
    const { exitCode, stdout, stderr } = await agent.drover(['roll', 'shop/web', '--force', '--json']);
    const end = exitCode === 0 ? (JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as RollEvent) : null;
    if (end?.kind !== 'end' || end.rolled === 0)
      throw new Error(`drover roll on ${name}: exit code ${exitCode}\n${stdout}${stderr}`);
    rolled += end.rolled;
  }
  return rolled;
}

/** `kill -9` of the agent of the first host. HAProxy goes on, and the next agent adopts it. */
export async function killAgent({ hosts: [alpha] }: ChurnWorld, load: Load): Promise<void> {
  await alpha.agent.stop('SIGKILL');
  await load.more(100);
  await alpha.agent.start();
}

/** Replaces the agent of the first host by the program of this checkout. */
export async function upgradeAgent({ hosts: [alpha] }: ChurnWorld): Promise<void> {
  await alpha.agent.stop();
  await alpha.agent.upgrade();
}

/** The processes of HAProxy on both hosts: the same as before if there was no reload and no restart. */
export function workersOf({ hosts }: ChurnWorld): Promise<readonly number[]> {
  return Promise.all(hosts.map(workerOf));
}
