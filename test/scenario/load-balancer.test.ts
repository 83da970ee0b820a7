import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAgent } from '../../agent/index.ts';
import { composeUp } from '../support/containers.ts';
import { echoOptions } from '../support/lb/echo-container.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

const HAPROXY = new URL('../support/haproxy', import.meta.url).pathname;
const WEB = echoOptions({ service: 'web', labels: { 'drover.lb.host': 'web.example' } });

const resources = createResources();
let alpha: Member;
let beta: Member;

beforeAll(async () => {
  const config = () => ({ lb: { haproxy: HAPROXY } });
  const { members } = await createWorld(resources, { names: ['alpha', 'beta'], bus: 'consul', config });
  [alpha, beta] = members as [Member, Member];
});
afterAll(() => resources.close());

/** Status of a request to the load balancer of a host. */
const get = async ({ host }: Member, name = 'web.example'): Promise<string> =>
  host.run('curl', [
    '-s',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-m',
    '3',
    '-H',
    `Host: ${name}`,
    'http://127.0.0.1/',
  ]);
const answers = (member: Member) =>
  poll(async () => (await get(member)) === '200', { what: 'an answer', timeoutMs: 30_000 });

test('Q34 a label publishes a service on every host, and an unknown host name gets 503', async () => {
  await composeUp(alpha, 'shop', 'web', 1, WEB);
  await Promise.all([answers(alpha), answers(beta)]);
  expect(await get(alpha, 'other.example')).toBe('503');
});

test('Q40 drover lb, why lb, lb config, services, status and the metrics show what HAProxy of a host does', async () => {
  const said = async (...args: readonly string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await beta.agent.drover(args);
    return exitCode === 0 ? stdout : `exit code ${exitCode}: ${stdout} ${stderr}`;
  };
  const page = await poll(
    async () => {
      const text = await said('lb');
      return text.includes(' ready ') && text;
    },
    { what: 'a ready server' },
  );
  expect(page).toMatch(/^HAProxy \d\S+ \(OPENSSL, [\w, ]+\) on beta, running, /);
  expect(page).toMatch(/^80 +http +open +\d+ +\d+ +[1-9]\d* +\d+ +shop\/web$/m);
  expect(page).toMatch(/^ {2}80 +web\.example +any +\S+ +shop\/web$/m);
  expect(page).toMatch(/shop-web-1 on alpha$/m);
  const why = await said('why', 'lb', 'http://web.example/x?y=1');
  expect(why).toMatch(
    /^http:\/\/web\.example:80\/x on beta\nRule shop\/web sends it to backend \S+, with 1 ready server\.$/m,
  );
  expect(await said('why', 'lb', 'http://other.example')).toContain('No rule of port 80 matches: the client gets 503.');
  expect(await said('lb', 'config')).toMatch(/^frontend 80 /m);
  expect(await said('services', 'shop')).toMatch(/PUBLISHED[^\n]*\n.*http:\/\/web\.example /);
  expect((await beta.agent.drover(['status'])).stdout).toMatch(
    /^balancer +HAProxy \S+ \(.*\) running, 1 listener, 1 rule, /m,
  );
  const reply = await askAgent(join(beta.agent.runDir, 'control.sock'), { method: 'GET', path: '/metrics' });
  expect(reply.kind === 'answer' && reply.body).toMatch(
    /^drover_lb_service_requests_total\{service="shop\/web",code="2xx"\} [1-9]/m,
  );
});

test('drover down stops the load balancer and removes its files', async () => {
  await beta.agent.drover(['down', '--force']);
  await poll(async () => (await get(beta).catch(() => 'refused')) === 'refused', { what: 'the end of HAProxy' });
  expect(await beta.host.run('sh', ['-c', `ls -d ${beta.agent.runDir}/lb* || true`])).toBe('');
});
