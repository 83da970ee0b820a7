import { describe, expect, test } from 'vitest';
import { createHostFacts } from '../../../facts/index.ts';
import type { Container } from '../../../model/index.ts';
import { createContainerStore } from '../../../sources/docker/containers/container-store.ts';
import { containerFromInspect } from '../../../sources/docker/convert/container.ts';
import { inspectSchema } from '../../../sources/docker/engine/schema.ts';
import { container } from '../../state/facts.ts';
import { testLog } from '../../support/test-log.ts';

const ID = '0123456789ab'.padEnd(64, 'c');
const SHORT = ID.slice(0, 12);

/** The aliases in the fact of a container of Compose with these aliases in Docker. */
function aliases(endpoint: object, { status = 'running', network = 'shop_net', name = 'shop-web-1' } = {}) {
  const inspect = {
    Id: ID,
    Name: `/${name}`,
    Created: '2026-01-02T03:04:05Z',
    State: { Status: status, StartedAt: '2026-01-02T03:04:05Z' },
    HostConfig: { NetworkMode: network },
    Config: {
      Hostname: 'web.local',
      Labels: {
        'com.docker.compose.project': 'shop',
        'com.docker.compose.service': 'web',
        'com.docker.compose.container-number': '1',
      },
    },
    NetworkSettings: { Networks: { [network]: { NetworkID: 'n', IPAddress: '172.18.0.2', ...endpoint } } },
  };
  const pending = [{ networkId: 'n', networkName: network, ipv4: '172.18.0.2', ipv6: null, mac: null }];
  return containerFromInspect(inspectSchema.parse(inspect), {
    hostId: 'a',
    ourResolver: '',
    previous: null,
    signalledAtMs: () => null,
    pending: status === 'created' ? pending : [],
    idOf: () => null,
  }).addresses[0]?.aliases;
}

describe('the aliases in the fact of a container', () => {
  test.each<[string, string[] | undefined, Parameters<typeof aliases>]>([
    ['are left out if they are the usual ones', undefined, [{ Aliases: ['shop-web-1', 'web', SHORT, 'web.local'] }]],
    ['come from newer engines, too', undefined, [{ Aliases: ['web'], DNSNames: ['shop-web-1', SHORT, 'web.local'] }]],
    ['are the usual ones if Docker tells none', undefined, [{ Aliases: null }]],
    ['contain all if one is added', ['web', 'store', 'web.local'], [{ Aliases: ['web', 'store', SHORT, 'web.local'] }]],
    ['contain the others if the service is none', ['web.local'], [{ Aliases: [SHORT, 'web.local'] }]],
    ['may be empty', [], [{ Aliases: [SHORT] }]],
    [
      'contain the former name',
      ['shop-web-1', 'web', 'web.local'],
      [{ Aliases: ['shop-web-1', 'web', SHORT, 'web.local'] }, { name: 'renamed' }],
    ],
    [
      'are known before the start, without the host name that Docker adds',
      undefined,
      [{ Aliases: ['web'] }, { status: 'created' }],
    ],
    ['are none on the default bridge', undefined, [{ Aliases: ['x'] }, { network: 'bridge' }]],
  ])('%s', (_title, expected, asked) => {
    expect(aliases(...asked)).toEqual(expected);
  });
});

test('a link follows its target to the container that has the name now, or an alias or short id of that name', () => {
  const facts = createHostFacts({ log: testLog('links') });
  const containers = createContainerStore(facts.part(['container/']), {
    hostId: 'self',
    ourResolver: '',
    now: Date.now,
  });
  const put = (id: string, changes: Partial<Container>) => {
    const record = containers.ensure(id);
    containers.publish(record, { ...(container('self', id) as Container), ...changes });
    return record;
  };
  const links = () => containers.get('asker')?.container?.links;
  const address = { networkId: 'n', networkName: 'n', ipv4: '172.18.0.3', ipv6: null, mac: null };
  put('asker', { name: 'asker' }).links = new Map([
    ['sql', 'db'],
    ['short', ID.slice(0, 12)],
    ['by', 'Store'],
  ]);
  expect(links()).toEqual({});
  put('first', { name: 'db' });
  expect(links()).toEqual({ sql: 'first' });
  containers.remove('first');
  put('second', { name: 'db' });
  expect(links()).toEqual({ sql: 'second' });
  put('second', { name: 'old' });
  put(ID, { name: 'db', addresses: [{ ...address, aliases: ['Store'] }] });
  expect(links()).toEqual({ sql: ID, short: ID, by: ID });
  expect(facts.facts().get('container/asker')).toMatchObject({ links: { sql: ID } });
});
