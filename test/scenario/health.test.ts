import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HealthRow, problemsOf } from '../../agent/index.ts';
import { formatProblem } from '../../model/index.ts';
import { addressOf, answersOf, composeUp, inside, lookUp } from '../support/containers.ts';
import { removeContainers } from '../support/engine.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

const HAPROXY = new URL('../support/haproxy', import.meta.url).pathname;
const CHECK = {
  'drover.health.port': '80',
  'drover.health.request_line': 'GET "/" "HTTP/1.0"',
  'drover.health.interval': '500',
  'drover.health.response_timeout': '400',
};
/** Listens once `/go` exists, and stops listening while it does not. */
const GATED = [
  'sh',
  '-c',
  'mkdir -p /www && echo ok > /www/index.html; while :; do if [ -e /go ]; then httpd -f -h /www & p=$!; while [ -e /go ]; do sleep 0.1; done; kill $p; fi; sleep 0.1; done',
];

const resources = createResources();
let alpha: Member;
let beta: Member;

beforeAll(async () => {
  const config = () => ({ health: { haproxy: HAPROXY } });
  const { members } = await createWorld(resources, { names: ['alpha', 'beta'], bus: 'consul', config });
  [alpha, beta] = members as [Member, Member];
  for (const number of [1, 2]) await composeUp(alpha, 'shop', 'web', number, { command: GATED, labels: CHECK });
  await composeUp(beta, 'shop', 'client', 1);
});
afterAll(() => resources.close());

const seen = async () => answersOf(await lookUp(beta, 'shop-client-1', 'web')).length;
const open = (number: number) => inside(alpha, `shop-web-${number}`, 'touch /go');
const close = (number: number) => inside(alpha, `shop-web-${number}`, 'rm /go');

async function rows({ agent }: Member): Promise<readonly HealthRow[]> {
  return JSON.parse((await agent.drover(['health', 'shop/web', '--json'])).stdout) as readonly HealthRow[];
}

const CHANGED = 'the health of a container changed';

/** What the agent has logged about the health of a container since its start. */
function logged(container: string): readonly Readonly<Record<string, unknown>>[] {
  return [...alpha.agent.daemon.output().matchAll(/^{.*}$/gm)]
    .map(([line]) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.msg === CHANGED && line.container === container);
}

/** What the log, metadata, metrics and `drover why dns` say about the first container, which is unhealthy. */
async function seesWhy(): Promise<void> {
  const lost = () => logged('shop-web-1').filter(({ to }) => to === 'unhealthy');
  await poll(async () => lost().length > 0, { what: 'the change in the log' });
  const refused = expect.stringContaining('down (Layer4 connection problem');
  expect(lost()).toMatchObject([{ stack: 'shop', service: 'web', from: 'healthy', votes: [refused, refused] }]);
  const metadata = (path: string) => inside(beta, 'shop-client-1', `wget -qO- http://rancher-metadata/latest/${path}`);
  const path = 'containers/shop-web-1';
  await poll(async () => (await metadata(`${path}/health_state`)) === 'unhealthy', { what: 'health_state' });
  const hosts = await Promise.all([alpha, beta].map(async ({ agent }) => (await agent.status()).host.id));
  expect((await metadata(`${path}/health_check_hosts/0`)).trim()).toBe(hosts[0]);
  expect((await metadata(`${path}/health_check_hosts/1`)).trim()).toBe(hosts[1]);
  expect((await metadata(`${path}/health_check/port`)).trim()).toBe('80');
  const socket = `${alpha.agent.runDir}/control.sock`;
  const metrics = await alpha.host.run('curl', ['-s', '--unix-socket', socket, 'http://drover/metrics']);
  expect(metrics).toContain('drover_health_changes_total{state="unhealthy"} 1');
  expect(metrics).toContain('drover_health_containers{state="unhealthy"} 1');
  const { stdout } = await beta.agent.drover(['why', 'dns', 'web', '--from', 'shop-client-1']);
  expect(stdout).toMatch(/shop-web-1 .* no .*\(alpha: down for .*; beta: down for /);
}

const opinions = async (member: Member, container: string) =>
  Object.fromEntries(
    ((await rows(member)).find((row) => row.container === container)?.votes ?? []).map((vote) => [
      vote.host,
      vote.opinion,
    ]),
  );

test('Q5: a container gets no traffic before its check has passed, on any host', async () => {
  await poll(async () => (await opinions(beta, 'shop-web-2')).alpha === 'waiting', { what: 'the vote of alpha' });
  expect(await seen()).toBe(0);
  await open(1);
  await poll(async () => (await seen()) === 1, { what: 'the first one' });
  await open(2);
  await poll(async () => (await seen()) === 2, { what: 'both' });
  const both = { alpha: 'up', beta: 'up' };
  for (const member of [alpha, beta])
    await poll(async () => JSON.stringify(await opinions(member, 'shop-web-1')) === JSON.stringify(both), {
      what: `the votes of both hosts on ${member.name}`,
    });
});

test('Q1: a container whose check fails leaves the answers of the other host, and comes back', async () => {
  await close(1);
  await poll(async () => (await seen()) === 1, { what: 'one endpoint less' });
  expect((await rows(beta)).find(({ container }) => container === 'shop-web-1')).toMatchObject({
    health: 'unhealthy',
    votes: [
      { host: 'alpha', opinion: 'down', text: expect.stringContaining('Connection refused') },
      { host: 'beta', opinion: 'down' },
    ],
  });
  await seesWhy();
  await open(1);
  await poll(async () => (await seen()) === 2, { what: 'both again' });
});

test('Q2: no verdict changes while HAProxy is killed or the agent restarts', async () => {
  const before = (await alpha.agent.status()).host.id;
  const pidOfHaproxy = async () =>
    Number((await alpha.host.run('cat', [`${alpha.agent.runDir}/health.pid`])).split(' ')[0]);
  const pid = await pidOfHaproxy();
  process.kill(pid, 'SIGKILL');
  const seenOpinions: object[] = [];
  const isReplaced = async () => {
    seenOpinions.push(await opinions(alpha, 'shop-web-2'));
    return (await pidOfHaproxy()) !== pid;
  };
  await poll(isReplaced, { what: 'another process of HAProxy' });
  // Longer than the agent's interval for looking whether HAProxy works.
  for (const end = performance.now() + 1_500; performance.now() < end; ) await isReplaced();
  for (const seenOpinion of seenOpinions) expect(seenOpinion).toEqual({ alpha: 'up', beta: 'up' });
  await alpha.agent.stop('SIGKILL');
  expect(await seen()).toBe(2);
  await alpha.agent.start();
  expect((await alpha.agent.status()).host.id).toBe(before);
  expect(await seen()).toBe(2);
  await close(2);
  await poll(async () => (await seen()) === 1, { what: 'the checks go on' });
  await poll(async () => logged('shop-web-2').length > 0, { what: 'the change in the log' });
  expect(logged('shop-web-2')).toMatchObject([{ from: 'healthy', to: 'unhealthy' }]);
  await open(2);
  await poll(async () => (await seen()) === 2, { what: 'both again' });
});

test('Q20: a checker that reaches no container of the other host takes none of them out of the answers', async () => {
  const addresses = await Promise.all(['shop-web-1', 'shop-web-2'].map((name) => addressOf(alpha, name)));
  for (const address of addresses) await beta.host.run('ip', ['route', 'add', 'unreachable', `${address}/32`]);
  await poll(async () => (await opinions(alpha, 'shop-web-1')).beta === 'down', { what: 'the vote of beta' });
  expect(await opinions(beta, 'shop-web-1')).toEqual({ alpha: 'up', beta: 'down' });
  expect(await seen()).toBe(2);
  for (const address of addresses) await beta.host.run('ip', ['route', 'del', 'unreachable', `${address}/32`]);
  await poll(async () => (await opinions(alpha, 'shop-web-1')).beta === 'up', {
    what: 'beta again',
    timeoutMs: 20_000,
  });
});

test('a server that accepts connections and does not answer fails its check', async () => {
  const pid = await inside(alpha, 'shop-web-1', 'pidof httpd');
  await inside(alpha, 'shop-web-1', `kill -STOP ${pid}`);
  await poll(async () => (await seen()) === 1, { what: 'one endpoint less' });
  await inside(alpha, 'shop-web-1', `kill -CONT ${pid}`);
  await poll(async () => (await seen()) === 2, { what: 'both again', timeoutMs: 20_000 });
});

test('`drover health` shows the check and who says what; a check that is not valid is named, and hurts nothing else', async () => {
  const { stdout } = await alpha.agent.drover(['health', 'shop/web']);
  expect(stdout).toContain('shop-web-2 on alpha  healthy');
  expect(stdout).toMatch(/GET "\/" "HTTP\/1.0" 80 .*alpha: up for .*; beta: up for /);
  await composeUp(alpha, 'shop', 'bad', 1, { labels: { ...CHECK, 'drover.health.request_line': 'GET "/' } });
  const problems = async () => problemsOf(await alpha.agent.status()).map(formatProblem);
  await poll(async () => (await problems()).find((line) => line.includes('drover.health.request_line')), {
    what: 'the problem',
  });
  expect(await seen()).toBe(2);
});

test('`drover down` stops HAProxy and removes its files', async () => {
  await removeContainers(alpha.engine);
  const { exitCode, stderr } = await alpha.agent.drover(['down']);
  expect(`${exitCode} ${stderr}`).toMatch(/^0/);
  expect(await alpha.host.run('ls', [alpha.agent.runDir])).not.toContain('health');
});
