import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { composeUp } from '../../containers.ts';
import { poll } from '../../poll.ts';
import type { Resources } from '../../resources.ts';
import { type BareHost, createWorld, type Member } from '../../world.ts';
import { echoOptions } from '../echo-container.ts';
import type { LoadTarget } from '../load.ts';
import { writeFront } from './balancers.ts';
import { writeCertificate } from './certificate.ts';

/** Two hosts with load balancers for the containers of one service, and a client beside them. */
export interface ChurnWorld {
  readonly hosts: readonly [alpha: Member, beta: Member];
  readonly client: BareHost;
  /** Directory of certificates of both hosts. */
  readonly certificates: string;
  /** On each host: by http and https from the labels of the containers, and the balancer `front`. */
  readonly targets: readonly LoadTarget[];
}

export const LABEL_HOST = 'web.example';
export const FRONT_HOST = 'front.example';
const SERVICE = 'web';
const HAPROXY = resolve('test/support/haproxy');
const LABELS = { 'drover.lb.host': LABEL_HOST, 'drover.lb.entry': 'http,https' };
/** Two of three run on the second host. They stay, so `drover roll` alone stops them: they exit at SIGTERM. */
const PERMANENT = [1, 2, 3];

/** `program`: another `drover` for the first host. */
export async function createChurnWorld(resources: Resources, program?: string): Promise<ChurnWorld> {
  const certificates = await mkdtemp(join(tmpdir(), 'drover-certificates-'));
  resources.add('certificates', () => rm(certificates, { recursive: true, force: true }));
  await writeCertificate(certificates, LABEL_HOST);
  const { members, bare } = await createWorld(resources, {
    names: ['alpha', 'beta'],
    bare: ['client'],
    bus: 'consul',
    config: () => ({ lb: { haproxy: HAPROXY, certificates } }),
    program: (name) => (name === 'alpha' ? program : undefined),
  });
  const hosts = [members[0] as Member, members[1] as Member] as const;
  const targets = hosts.flatMap(({ address }): LoadTarget[] => [
    { protocol: 'http', address, port: 80, host: LABEL_HOST, service: SERVICE },
    { protocol: 'https', address, port: 443, host: LABEL_HOST, service: SERVICE },
    { protocol: 'http', address, port: 80, host: FRONT_HOST, service: SERVICE },
  ]);
  const world = { hosts, client: bare[0] as BareHost, certificates, targets };
  await Promise.all([
    ...PERMANENT.map((number) => startEchoContainer(hostOf(world, number), number, 'exit')),
    writeFront(hosts[0], [{ hostname: FRONT_HOST, weight: 1 }]),
  ]);
  await Promise.all(targets.map((target) => untilAnswered(world, target)));
  return world;
}

export function hostOf({ hosts }: Pick<ChurnWorld, 'hosts'>, number: number): Member {
  return hosts[number % hosts.length] as Member;
}

/** Starts a container of the service with the labels that publish it. */
export function startEchoContainer(host: Member, number: number, onSigterm: 'drain' | 'exit'): Promise<string> {
  return composeUp(host, 'shop', SERVICE, number, echoOptions({ service: SERVICE, labels: LABELS, onSigterm }));
}

/** Waits until the client gets a reply with this status. */
export async function untilAnswered(
  { client }: Pick<ChurnWorld, 'client'>,
  { protocol, address, port, host }: Omit<LoadTarget, 'service'>,
  wanted = 200,
): Promise<void> {
  const connect = ['--connect-to', `${host}:${port}:${address}:${port}`];
  const output = ['--silent', '--insecure', '--output', '/dev/null', '--write-out', '%{http_code}'];
  const status = () => client.host.run('curl', [...output, ...connect, `${protocol}://${host}:${port}/`]);
  await poll(async () => (await status()) === String(wanted), {
    what: `${wanted} from ${protocol}://${host} at ${address}`,
    timeoutMs: 60_000,
    intervalMs: 100,
  });
}
