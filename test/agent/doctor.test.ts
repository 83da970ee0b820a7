import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { configSchema } from '../../agent/config/schema.ts';
import { findNetworkConflicts, findRouteConflicts } from '../../agent/doctor/address-conflicts.ts';
import { judgeDockerDns } from '../../agent/doctor/docker-settings.ts';
import {
  checkLoadBalancer,
  findClosedDirectory,
  findForbiddenPorts,
  findSharedContainer,
} from '../../agent/doctor/load-balancer.ts';
import { formatProblem, type Network } from '../../model/index.ts';
import { listener, table } from './lb/tables.ts';

const US = '169.254.169.250';

test.each([
  ['daemon.json names us alone', `{"dns":["${US}"]}`, [], []],
  ['the command line names us alone', '', [['dockerd', '--dns', US]], []],
  [
    'nothing is set',
    '{"bip":"10.9.0.1/16"}',
    [],
    [
      `Docker: Docker's dns setting lacks ${US}: the first lookups of a new container go to another resolver until the agent has written its resolv.conf; write {"bip":"10.9.0.1/16","dns":["${US}"]} to /etc/docker/daemon.json and restart Docker`,
    ],
  ],
  [
    'another is beside us',
    `{"dns":["${US}","10.0.0.2"]}`,
    [],
    [
      `Docker: Docker's dns setting lists other resolvers besides ${US} (10.0.0.2); write {"dns":["${US}"]} to /etc/docker/daemon.json and restart Docker`,
    ],
  ],
  ['daemon.json and the command line of an engine both name us', `{"dns":["${US}"]}`, [['dockerd', `--dns=${US}`]], []],
  [
    'the command line of an engine names another: dockerd does not start with the setting in both places',
    '{}',
    [['dockerd', '--dns', '10.0.0.2', '--dns=10.0.0.3']],
    [
      `Docker: Docker's dns setting lacks ${US}: the first lookups of a new container go to another resolver until the agent has written its resolv.conf; remove --dns from the options of dockerd, write {"dns":["${US}"]} to /etc/docker/daemon.json and restart Docker`,
    ],
  ],
  ['the file is broken', '{"dns"', [], ['/etc/docker/daemon.json: is not a JSON object; correct the file']],
])("doctor on Docker's dns setting: %s", (_what, file, commandLines, expected) => {
  expect(judgeDockerDns(US, file, commandLines).map(formatProblem)).toEqual(expected);
});

test("Q37: doctor names the route that covers Drover's addresses, and not the route on Drover's device", () => {
  const routes = [
    { dst: 'default', dev: 'eth0' },
    { dst: '192.0.2.0/24', dev: 'eth0' },
    { dst: US, dev: 'drover0' },
    { dst: '169.254.0.0/16', dev: 'eth1' },
  ];
  expect(findRouteConflicts([US], 'drover0', routes).map(({ subject }) => subject)).toEqual([
    'route 169.254.0.0/16 dev eth1',
  ]);
});

test('Q37: doctor names the Docker network of any host that overlaps the managed range', () => {
  const network = (name: string, kind: Network['kind'], subnet: string): [string, Network] => [
    name,
    { id: name, hostId: 'b', name, kind, subnets: [subnet], internal: false, device: null },
  ];
  const networks = new Map([
    network('bridge', 'bridge', '172.17.0.0/16'),
    network('shop', 'bridge', '10.42.8.0/24'),
    network('drover', 'managed', '10.42.9.0/24'),
  ]);
  const hosts = new Map([['b', { host: null, containers: new Map(), networks, facts: new Map() }]]);
  const environment = { name: 'default', uuid: '', suffixes: [] };
  const snapshot = {
    revision: 1,
    environment,
    hosts,
    declarations: new Map(),
    overlay: null,
    subnets: new Map<string, string>(),
    complete: true,
  };
  expect(findNetworkConflicts(['10.42.0.0/16'], snapshot).map(({ subject }) => subject)).toEqual([
    'Docker network shop (10.42.8.0/24) on a host',
  ]);
});

test('doctor names ports that this process may not open, and a HAProxy that is missing while a load balancer is declared', async () => {
  const free = { mayBind: false, firstFree: 1024 };
  expect(findForbiddenPorts([80, 443, 5432], free).map(formatProblem)).toEqual([
    'load balancer: may not listen on port 80, 443: this process lacks the capability NET_BIND_SERVICE; add NET_BIND_SERVICE to cap_add of the agent, or run it as root',
  ]);
  expect(findForbiddenPorts([80], { ...free, mayBind: true })).toEqual([]);
  expect(findForbiddenPorts([80], { ...free, firstFree: 0 })).toEqual([]);
  const missing = () => Promise.reject(new Error('spawn haproxy ENOENT'));
  const [problem] = await checkLoadBalancer(missing, 'haproxy', table([listener(8080, [])], []));
  expect(problem?.what).toBe('HAProxy cannot be run, so no service is published on this host (spawn haproxy ENOENT)');
  expect(await checkLoadBalancer(missing, 'haproxy', table([], []))).toEqual([]);
});

test.each([
  ['the Compose file of an earlier version', '/host', true, [80], ['load balancer']],
  ['the service lb', '/host', false, [80], []],
  ['no container', '/', true, [80], []],
  ['nothing to balance', '/host', true, [], []],
])('doctor names a HAProxy that ends with the container of the agent: %s', (_, root, supervise, ports, expected) => {
  const config = configSchema.parse({ host: { root }, lb: { supervise } });
  const listeners = ports.map((port) => listener(port, []));
  expect(findSharedContainer(config, { listeners }).map(({ subject }) => subject)).toEqual(expected);
});

test("doctor names a run directory that HAProxy's workers cannot reach", async () => {
  const runDir = await mkdtemp(join(tmpdir(), 'drover-doctor-'));
  onTestFinished(() => rm(runDir, { recursive: true }));
  const some = { listeners: [listener(80, [])] };
  expect(await findClosedDirectory({ runDir }, some)).toMatchObject([{ what: expect.stringContaining(runDir) }]);
  expect(await findClosedDirectory({ runDir }, { listeners: [] })).toEqual([]);
  expect(await findClosedDirectory({ runDir: join(runDir, 'missing') }, some)).toEqual([]);
  await chmod(runDir, 0o755);
  expect(await findClosedDirectory({ runDir }, some)).toEqual([]);
});
