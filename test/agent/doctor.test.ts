import { expect, test } from 'vitest';
import { findAddressConflicts } from '../../agent/doctor/address-conflicts.ts';
import { judgeDockerDns } from '../../agent/doctor/docker-settings.ts';
import { formatProblem } from '../../model/index.ts';

const US = '169.254.169.250';

test.each([
  ['daemon.json names us alone', `{"dns":["${US}"]}`, [], []],
  ['the command line names us alone', '', [['dockerd', '--dns', US]], []],
  [
    'nothing is set',
    '{"bip":"10.9.0.1/16"}',
    [],
    [
      `Docker: Docker's dns setting lacks ${US}: until the agent has written a new container's resolv.conf, its first lookups go elsewhere; make /etc/docker/daemon.json say {"bip":"10.9.0.1/16","dns":["${US}"]} and restart Docker`,
    ],
  ],
  [
    'another is beside us',
    `{"dns":["${US}","10.0.0.2"]}`,
    [],
    [
      `Docker: Docker's dns setting lists other resolvers beside ${US} (10.0.0.2); make /etc/docker/daemon.json say {"dns":["${US}"]} and restart Docker`,
    ],
  ],
  ['the file is broken', '{"dns"', [], ['/etc/docker/daemon.json: it is no JSON object; correct it']],
])("doctor on Docker's dns setting: %s", (_what, file, commandLines, expected) => {
  expect(judgeDockerDns(US, file, commandLines).map(formatProblem)).toEqual(expected);
});

const plan = { ranges: ['10.42.0.0/16'], serviceAddresses: [US], ownDevices: ['drover0', 'drover1'] };
const conflicts = (routes: readonly { dst: string; dev?: string; gateway?: string }[]) =>
  findAddressConflicts(plan, routes, null, new Set(['192.0.2.2'])).map(({ subject }) => subject);

test('Q37: doctor names the route that overlaps what Drover uses, and not our own routes', () => {
  expect(
    conflicts([
      { dst: 'default', gateway: '192.0.2.254', dev: 'eth0' },
      { dst: '192.0.2.0/24', dev: 'eth0' },
      { dst: '10.0.0.0/8', dev: 'tun0' },
      { dst: '10.42.7.0/24', dev: 'drover1' },
      { dst: '10.42.8.0/24', gateway: '192.0.2.2', dev: 'eth0' },
      { dst: US, dev: 'drover0' },
      { dst: '169.254.0.0/16', dev: 'eth1' },
    ]),
  ).toEqual(['route 10.0.0.0/8 dev tun0', 'route 169.254.0.0/16 dev eth1']);
});
