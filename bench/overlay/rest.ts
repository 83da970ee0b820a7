import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askAgent, type OverlayPage } from '../../agent/index.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import { type BareHost, createWorld, type Member } from '../../test/support/world.ts';
import { printRow } from '../support/report.ts';
import { limit, type Verdict } from '../support/targets.ts';
import { type RestCrowd, restPeers } from './rest-crowd.ts';

const PEERS = 200;
const SETTLE_MS = 20_000;
/** Of one core. */
const MOST_PERCENT = 1;
/** Of `/proc/PID/stat`. */
const TICKS_PER_SECOND = 100;

/** What an agent at rest costs, with the programs that it runs: alone, and with 200 hosts that are reached over VXLAN and answer probes. */
export async function measureRest(resources: Resources, seconds: number): Promise<readonly Verdict[]> {
  const world = await createWorld(resources, {
    names: ['rest'],
    bare: ['crowd'],
    bus: 'consul',
    config: () => ({ network: { backend: 'vxlan', range: '10.40.0.0/13' } }),
  });
  const [member] = world.members as [Member];
  const [crowd] = world.bare as [BareHost];
  printRow(['agent at rest', 'its own', 'its programs', 'sum']);
  printRow(['---', '---', '---', '---']);
  await sleep(SETTLE_MS);
  const alone = await measure(member, 'alone', seconds);
  await answerAs(
    crowd,
    {
      consul: world.consul?.urls[0] ?? '',
      count: PEERS,
      address: crowd.address,
      real: await realEnd(member),
    },
    member.address,
  );
  await poll(async () => (await pathsUp(member)) === PEERS, {
    what: 'all paths',
    timeoutMs: 90_000,
    intervalMs: 1_000,
  });
  await sleep(SETTLE_MS);
  const among = await measure(member, `${PEERS} peers`, seconds);
  console.log();
  return [
    limit(`agent at rest with ${PEERS} peers, with its programs`, among, MOST_PERCENT, '% of a core'),
    limit(`of it for ${PEERS} peers`, among - alone, MOST_PERCENT, '% of a core'),
  ];
}

/** The other host stands for all of them: one VXLAN device that takes the frames of all their MAC addresses. */
async function answerAs({ host }: BareHost, crowd: RestCrowd, realAddress: string): Promise<void> {
  const { subnet } = crowd.real;
  const nextHop = subnet.replace('/24', '');
  const octets = nextHop.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  const mac = `0e:00:${octets.join(':')}`;
  const lines = [
    'link add drover-vx type vxlan id 1042 dstport 4789 nolearning',
    'link set drover-vx up',
    ...restPeers(crowd.count, subnet).map(({ gateway }) => `address add ${gateway}/32 dev lo`),
    `neighbour add ${nextHop} lladdr ${mac} dev drover-vx nud permanent`,
    `route add ${subnet} via ${nextHop} dev drover-vx onlink`,
  ];
  await host.run('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
  await host.run('bridge', ['fdb', 'add', mac, 'dev', 'drover-vx', 'dst', realAddress]);
  const chain = 'type filter hook ingress device drover-vx priority 0; meta pkttype set unicast';
  await host.run('nft', ['-f', '-'], { input: `table netdev crowd {\nchain ingress {\n${chain}\n}\n}\n` });
  host.start(process.execPath, [resolve('bench/overlay/rest-peers.ts'), JSON.stringify(crowd)]);
}

async function realEnd({ engine, agent }: Member): Promise<RestCrowd['real']> {
  const network = (await engine.docker.getNetwork('drover').inspect()) as { IPAM: { Config: { Subnet: string }[] } };
  const subnet = network.IPAM.Config[0]?.Subnet ?? '';
  return { hostId: (await agent.status()).host.id, subnet, gateway: subnet.replace('.0/24', '.1') };
}

async function pathsUp({ agent }: Member): Promise<number> {
  const reply = await askAgent(join(agent.runDir, 'control.sock'), { method: 'GET', path: '/v1/overlay' });
  return reply.kind === 'answer' ? (reply.body as OverlayPage).rows.filter(({ state }) => state === 'up').length : 0;
}

/** Percent of a core in this time. */
async function measure({ agent }: Member, title: string, seconds: number): Promise<number> {
  const { pid } = (await agent.status()).agent;
  const before = await usedTicks(pid);
  const begin = performance.now();
  await sleep(seconds * 1_000);
  const after = await usedTicks(pid);
  const percent = (ticks: number) => (100_000 * ticks) / TICKS_PER_SECOND / (performance.now() - begin);
  const [own, programs] = [percent(after.own - before.own), percent(after.programs - before.programs)];
  printRow([title, ...[own, programs, own + programs].map((value) => `${value.toFixed(2)} %`)]);
  return own + programs;
}

/** Processor time of a process, and of the programs that it has run to their end, itself or in its shells. */
async function usedTicks(pid: number): Promise<{ readonly own: number; readonly programs: number }> {
  const { own, ended } = await ticksOf(pid);
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
  const shells = (await Promise.all(children.map(ticksOf))).filter(({ name }) => name === 'sh');
  return { own, programs: shells.reduce((sum, shell) => sum + shell.own + shell.ended, ended) };
}

async function ticksOf(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const nameEnd = text.lastIndexOf(')');
  const fields = text
    .slice(nameEnd + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
  return { name: text.slice(text.indexOf('(') + 1, nameEnd), own: user + system, ended: childUser + childSystem };
}
