import { afterAll, beforeAll, expect, test } from 'vitest';
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
}, 120_000);
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
