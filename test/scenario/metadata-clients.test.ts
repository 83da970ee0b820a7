import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MetadataExplanation } from '../../metadata/index.ts';
import { runCommand } from '../../system/index.ts';
import { composeUp, inside, pidOf } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member, RESOLVER } from '../support/world.ts';

/** The requests of known clients, byte for byte, from a container's network. */
const resources = createResources();
let alpha: Member;
let clientPid: number;
const CLIENT = 'shop-web-1';
const RAW_CLIENT = fileURLToPath(new URL('../support/raw-client.ts', import.meta.url));

beforeAll(async () => {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  alpha = members[0] as Member;
  await composeUp(alpha, 'shop', 'web', 1);
  await composeUp(alpha, 'shop', 'web', 2);
  await composeUp(alpha, 'data', 'db', 1);
  clientPid = await pidOf(alpha, CLIENT);
  const isListed = async (target: string, line: string) => (await go(target, 'text/plain')).body.includes(line);
  const areListed = async () =>
    (await isListed('/2016-07-29/self/service/containers', '1=shop-web-2')) &&
    (await isListed('/2016-07-29/stacks/data/services/db/containers', '0=data-db-1'));
  await poll(areListed, { what: 'all containers in the metadata' });
});
afterAll(() => resources.close());

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Sends requests one after the other on one connection. */
async function exchange(requests: readonly string[]): Promise<readonly Reply[]> {
  const client = [process.execPath, RAW_CLIENT, RESOLVER, '80', JSON.stringify(requests)];
  const printed = await runCommand('nsenter', ['-t', String(clientPid), '-n', ...client], { timeoutMs: 60_000 });
  return (JSON.parse(printed) as readonly Reply[]).map(({ status, body }) => ({ status, body }));
}

/** As Go's net/http writes it. */
const goRequest = (target: string, accept: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: rancher-metadata\r\nUser-Agent: Go-http-client/1.1\r\nAccept: ${accept}\r\nAccept-Encoding: gzip\r\n\r\n`;

async function go(target: string, accept = 'application/json'): Promise<Reply> {
  const [reply] = await exchange([goRequest(target, accept)]);
  if (!reply) throw new Error(`${target}: no reply`);
  return reply;
}

async function read(target: string): Promise<unknown> {
  const { status, body } = await go(target);
  expect([target, status]).toEqual([target, 200]);
  return JSON.parse(body);
}

describe('go-rancher-metadata', () => {
  test.each(['/2016-07-29', '/2015-12-19'])('reads all that it has a call for, at %s', async (base) => {
    expect(await read(`${base}/version`)).toEqual(expect.any(String));
    expect(await read(`${base}/self/host`)).toMatchObject({ name: 'alpha' });
    expect(await read(`${base}/self/container`)).toMatchObject({ name: CLIENT, service_index: '1', create_index: 1 });
    expect(await read(`${base}/self/service`)).toMatchObject({ name: 'web', stack_name: 'shop' });
    expect(await read(`${base}/self/stack`)).toMatchObject({ name: 'shop' });
    expect(await read(`${base}/self/stack/services/web`)).toMatchObject({ name: 'web', scale: 2 });
    expect(await read(`${base}/stacks/data/services/db`)).toMatchObject({ name: 'db' });
    for (const [list, least] of Object.entries({ services: 2, stacks: 2, containers: 3, hosts: 1, networks: 1 }))
      expect(((await read(`${base}/${list}`)) as unknown[]).length).toBeGreaterThanOrEqual(least);
    expect(await read(`${base}/name`)).toBe('default');
    expect(await read(`${base}/region_name`)).toBeNull();
  });

  test('reuses its connection, and needs null for empty values', async () => {
    const targets = ['/2016-07-29/environments', '/2016-07-29/region_name', '/2016-07-29/self/container/name'];
    const replies = await exchange(targets.map((target) => goRequest(target, 'application/json')));
    expect(replies).toEqual([
      { status: 200, body: 'null' },
      { status: 200, body: 'null' },
      { status: 200, body: `"${CLIENT}"` },
    ]);
  });

  test('OnChange: gets the first version at once, the next one at a change, and the same one after maxWait', async () => {
    const first = (await read('/2016-07-29/version?wait=true&value=init&maxWait=5')) as string;
    const started = performance.now();
    const waiting = go(`/2016-07-29/version?wait=true&value=${first}&maxWait=1`);
    expect((await waiting).body).toBe(`"${first}"`);
    expect(performance.now() - started).toBeLessThan(10_000);
    const changed = go(`/2016-07-29/version?wait=true&value=${first}&maxWait=60`);
    await composeUp(alpha, 'data', 'db', 2);
    const { status, body } = await changed;
    expect([status, body]).toEqual([200, expect.not.stringContaining(first)]);
  });
});

describe("confd's rancher backend", () => {
  test('once: any reply to GET /, then each key, without checking the status', async () => {
    expect((await go('/', '*/*')).status).toBe(200);
    expect(await read('/2015-12-19/self/service/containers')).toEqual([
      expect.objectContaining({ name: 'shop-web-1', primary_ip: expect.stringMatching(/^10\.42\./) }),
      expect.objectContaining({ name: 'shop-web-2', primary_ip: expect.stringMatching(/^10\.42\./) }),
    ]);
    expect(await go('/2015-12-19/self/nope')).toEqual({
      status: 404,
      body: '{"code":404,"message":"Not found","type":"error"}\n',
    });
  });

  test('watch: `init` gets the current version, and a change ends the long poll', async () => {
    const baseline = await read('/2015-12-19/version?wait=true&value=init&maxWait=10');
    const changed = go(`/2015-12-19/version?wait=true&value=${baseline}&maxWait=60`);
    await composeUp(alpha, 'data', 'db', 3);
    expect((await changed).body).not.toBe(JSON.stringify(baseline));
  });
});

test('shell scripts: names of containers, and fields, with wget and cut only', async () => {
  const script = "wget -qO- http://rancher-metadata/latest/self/service/containers | cut -d= -f2 | tr '\\n' ' '";
  expect(await inside(alpha, CLIENT, script)).toBe('shop-web-1 shop-web-2 ');
});

test('configuration from drover apply is readable without a restart, with all digits, and ends long polls', async () => {
  const url = 'http://rancher-metadata/latest/self/service/metadata';
  const manifest = join(alpha.host.dir, 'shop.yml');
  const declare = async (limit: string): Promise<void> => {
    await writeFile(join(alpha.host.dir, 'settings.json'), `{"zone": "b", "10": 1, "9": ${limit}}`);
    await writeFile(
      manifest,
      'stack: shop\nservices: {web: {metadata: {greeting: hello}, metadata_file: settings.json}}\n',
    );
    expect(await alpha.agent.drover(['apply', '-f', manifest])).toMatchObject({ exitCode: 0, stderr: '' });
  };
  const started = await startOf(CLIENT);
  await declare('9007199254740993');
  await poll(async () => (await inside(alpha, CLIENT, `wget -qO- ${url}/greeting || true`)) === 'hello', {
    what: 'the configuration',
  });
  const json = `wget -qO- --header 'Accept: application/json' ${url}`;
  expect(await inside(alpha, CLIENT, json)).toBe('{"zone":"b","10":1,"9":9007199254740993,"greeting":"hello"}');
  const waiting = inside(alpha, CLIENT, `wget -qO- '${url}/9?wait=true&value=9007199254740993&maxWait=60'`);
  await declare('9007199254740995');
  expect(await waiting).toBe('9007199254740995');
  expect(await startOf(CLIENT)).toBe(started);
  const missing = await alpha.agent.drover(
    ['apply', '-p', 'x', '-f', '-'],
    'services: {a: {metadata_file: none.json}}\n',
  );
  expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining('(none.json) cannot be read')]);
});

async function startOf(container: string): Promise<string> {
  return (await alpha.engine.docker.getContainer(container).inspect()).State.StartedAt;
}

test('Q40 drover why metadata asks the agent and shows the reply that the container gets', async () => {
  const why = (...args: readonly string[]) => alpha.agent.drover(['why', 'metadata', ...args]);
  const path = '/latest/self/container/primary_ip';
  const { stdout } = await why(path, '--from', CLIENT, '--json');
  const explanation = JSON.parse(stdout) as MetadataExplanation;
  expect(explanation).toMatchObject({
    path,
    host: 'alpha',
    asker: { label: CLIENT },
    reply: { status: 200 },
    notes: [`${CLIENT} is reachable on the managed network drover, from every host`],
  });
  expect(explanation.reply.text).toBe((await go(path, 'text/plain')).body);
  const text = (await why('self/container/nmae', '--from', CLIENT)).stdout;
  expect(text).toMatch(/^\/latest\/self\/container\/nmae, asked by shop-web-1 \([\d.]+\) on alpha, revision \d+\n/);
  expect(text).toContain('404 Not found: there is no nmae in container; did you mean name?');
  expect(await why('self', '--from', 'nosuch')).toMatchObject({ exitCode: 1 });
});
