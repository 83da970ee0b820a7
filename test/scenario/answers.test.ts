import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answersOf, composeUp, inside, lookUp, WEB_COMMAND } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

const SECOND = 1_000_000_000;
const UNSHARED = 'no shared network; attach both to `drover`';
const resources = createResources();
let alpha: Member;

beforeAll(async () => {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  alpha = members[0] as Member;
  for (const Name of ['red', 'blue']) await alpha.engine.docker.createNetwork({ Name });
  await composeUp(alpha, 'shop', 'app', 1);
});
afterAll(() => resources.close());

const seenBy = async (asker: string, name: string) => answersOf(await lookUp(alpha, asker, name));
const seen = async (name: string) => (await seenBy('shop-app-1', name)).length;

interface Why {
  readonly reply: { readonly rcode: string; readonly answers: readonly { readonly value: string }[] };
  readonly endpoints: readonly { readonly container: string; readonly given: boolean; readonly reason: string }[];
}

async function why(name: string, from: string): Promise<Why> {
  return JSON.parse((await alpha.agent.drover(['why', 'dns', name, '--from', from, '--json'])).stdout) as Why;
}

describe.each([
  ['by the name of their service', 'node'],
  ['by all.', 'all.node'],
])('members that are healthy only after they have met (Q5)', (how, name) => {
  const stack = name === 'node' ? 'es' : 'kafka';
  test(`find each other ${how}`, async () => {
    const join = `until [ "$(nslookup -type=a ${name} | grep -c "^Address: ")" -ge 3 ]; do sleep 1; done; touch /tmp/joined`;
    for (const number of [1, 2, 3]) {
      await composeUp(alpha, stack, 'node', number, {
        command: ['sh', '-c', `until [ -e /tmp/go ]; do sleep 1; done; ${join}; sleep 1000000`],
        create: { Healthcheck: { Test: ['CMD', 'test', '-e', '/tmp/joined'], Interval: SECOND, Retries: 90 } },
      });
    }
    await poll(async () => (await seen(`all.node.${stack}`)) === 3, { what: 'every started member, for everybody' });
    expect(await seen(`node.${stack}`)).toBe(0);
    for (const number of [1, 2, 3]) await inside(alpha, `${stack}-node-${number}`, 'touch /tmp/go');
    await poll(async () => (await seen(`node.${stack}`)) === 3, { what: 'three healthy members', timeoutMs: 30_000 });
    // Docker runs each check as a process, every second.
    for (const number of [1, 2, 3])
      await alpha.engine.docker.getContainer(`${stack}-node-${number}`).remove({ force: true });
  });
});

test('`answers: started` gives everybody the members that are not healthy yet (Q5)', async () => {
  const Healthcheck = { Test: ['CMD', 'false'], Interval: SECOND, Retries: 90 };
  await composeUp(alpha, 'etcd', 'node', 1, { labels: { 'drover.answers': 'started' }, create: { Healthcheck } });
  await poll(async () => (await seen('node.etcd')) === 1, { what: 'a started member' });
  expect((await why('node.etcd', 'shop-app-1')).endpoints).toMatchObject([
    { given: true, reason: 'starting or running; its check has not passed since the start' },
  ]);
});

test.each([
  // A first process without a handler: the kernel keeps SIGTERM from it.
  ['deaf', 'SIGTERM', { command: ['sleep', '1000000'], create: { StopTimeout: 1 } as object }],
  [
    'reloads',
    'SIGHUP',
    {
      command: ['sh', '-c', 'trap "echo reloaded" HUP; while :; do sleep 1; done'],
      create: { StopSignal: 'SIGHUP', StopTimeout: 1 } as object,
    },
  ],
])(
  'a container that lives on after its stop signal is back after its stop timeout: %s (Q5)',
  async (service, signal, options) => {
    await composeUp(alpha, 'shop', service, 1, options);
    await poll(async () => (await seen(service)) === 1, { what: `${service} at first` });
    await alpha.engine.docker.getContainer(`shop-${service}-1`).kill({ signal });
    await poll(async () => (await seen(service)) === 0, { what: 'new traffic stops at the signal' });
    await poll(async () => (await seen(service)) === 1, { what: `${service} again`, timeoutMs: 15_000 });
  },
);

test('READY counts the healthy endpoints; `status` has a problem if there are none', async () => {
  const Healthcheck = { Test: ['CMD', 'test', '-e', '/tmp/ok'], Interval: SECOND, Retries: 1 };
  const command = ['sh', '-c', 'touch /tmp/ok; sleep 1000000'];
  for (const number of [1, 2]) await composeUp(alpha, 'bank', 'web', number, { command, create: { Healthcheck } });
  const list = async () => (await alpha.agent.drover(['services', 'bank'])).stdout;
  const until = async (line: RegExp) => {
    await poll(async () => line.test(await list()), { what: `${line}`, timeoutMs: 20_000 }).catch(() => {});
    expect(await list()).toMatch(line);
  };
  await until(/^bank +web +service +2\/2 +10\./m);
  expect(await list()).not.toContain('shop');
  await inside(alpha, 'bank-web-1', 'rm /tmp/ok');
  await until(/^bank +web +service +1\/2 \(1 failing\) +10\./m);
  await inside(alpha, 'bank-web-2', 'rm /tmp/ok');
  await until(/^bank +web +service +0\/2 \(2 failing, still answered\) +10\./m);
  expect((await alpha.agent.drover(['status'])).stdout).toContain('service bank/web: 0 of 2 endpoints are ready');
});

test('an endpoint on a network that the client does not share is no answer; attached, it is one', async () => {
  await composeUp(alpha, 'red', 'web', 1, {
    command: WEB_COMMAND,
    network: 'red',
    create: { ExposedPorts: { '80/tcp': {} }, HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } } },
  });
  await composeUp(alpha, 'red', 'near', 1, { network: 'red' });
  await composeUp(alpha, 'blue', 'far', 1, { network: 'blue' });
  const [address = ''] = await poll(
    async () => {
      const found = await seenBy('red-near-1', 'web.red');
      return found.length === 1 && found;
    },
    { what: 'web on the shared network' },
  );
  // A name is answered before the program in the container listens.
  const page = await poll(() => inside(alpha, 'red-near-1', `wget -qO- http://${address}`), {
    what: 'the page of web',
  });
  expect(page).toContain('hello');
  // The reason for it: packets do not arrive.
  await expect(inside(alpha, 'blue-far-1', `timeout 2 wget -qO- http://${address}`)).rejects.toThrow(/exit code/);
  for (const asker of ['blue-far-1', 'shop-app-1']) {
    expect(await seenBy(asker, 'web.red')).toEqual([]);
    expect(await why('web.red', asker)).toMatchObject({
      reply: { rcode: 'NOERROR', answers: [] },
      endpoints: [{ container: 'red-web-1', given: false, reason: UNSHARED }],
    });
    expect((await why('red-web-1', asker)).endpoints).toMatchObject([{ given: false, reason: UNSHARED }]);
  }
  await composeUp(alpha, 'red', 'lost', 1);
  const unshared = `red/web: no address for red-lost-1: ${UNSHARED}`;
  await poll(async () => (await alpha.agent.drover(['services'])).stdout.includes(unshared), { what: unshared });
  expect((await alpha.agent.drover(['doctor'])).stdout).toContain(`service ${unshared}`);
  await alpha.engine.docker.getNetwork('red').connect({ Container: 'blue-far-1' });
  await poll(async () => (await seenBy('blue-far-1', 'web.red'))[0] === address, { what: 'web for a client on both' });
  await alpha.engine.docker.getNetwork('red').disconnect({ Container: 'blue-far-1' });
  await poll(async () => (await seenBy('blue-far-1', 'web.red')).length === 0, { what: 'no answer again' });
  // One endpoint that is reachable is enough.
  await composeUp(alpha, 'red', 'web', 2, { network: 'blue' });
  const other = (await alpha.engine.docker.getContainer('red-web-2').inspect()).NetworkSettings.Networks.blue
    ?.IPAddress;
  await poll(async () => (await seenBy('blue-far-1', 'web.red')).join() === other, { what: 'the one on blue alone' });
  await poll(async () => (await seenBy('red-near-1', 'web.red')).join() === address, { what: 'the one on red alone' });
});
