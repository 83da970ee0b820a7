import { expect, test } from 'vitest';
import { createHostFacts } from '../../../facts/index.ts';
import type { Container, JsonValue } from '../../../model/index.ts';
import { type ContainerStore, createContainerStore } from '../../../sources/docker/containers/container-store.ts';
import { createNetworkStore } from '../../../sources/docker/containers/network-store.ts';
import { createSync } from '../../../sources/docker/containers/sync.ts';
import type { ContainerList, DockerApi } from '../../../sources/docker/engine/api.ts';
import { summarySchema } from '../../../sources/docker/engine/schema.ts';
import { createSessionHolder } from '../../../sources/docker/engine/session.ts';
import { systemClock } from '../../../system/index.ts';
import { container, network, wired } from '../../state/facts.ts';
import { testLog } from '../../support/test-log.ts';

const signal = new AbortController().signal;

/** A source that knows container `old`, and whose engine lists what `list` says. */
function startSync(list: (containers: ContainerStore) => ContainerList) {
  const inspected: string[] = [];
  const known = new Map<string, JsonValue>([
    ['container/old', wired(container('self', 'old'))],
    ['network/n1', wired(network('self', 'n1'))],
  ]);
  const facts = createHostFacts({ log: testLog('sync') });
  const part = facts.part(['container/', 'network/'], known);
  const containers = createContainerStore(part, {
    hostId: 'self',
    ourResolver: '169.254.169.250',
    now: Date.now,
  });
  const networks = createNetworkStore(part, { hostId: 'self', managedNetworkName: 'drover' });
  const session = createSessionHolder();
  const api: Partial<DockerApi> = { networks: async () => [], list: async () => list(containers) };
  session.set({ api: api as DockerApi, signal });
  const starting = { look: async () => null, adopt: async () => false, verify: async () => {} };
  const sync = createSync(
    { containers, networks, starting, inspect: async (id) => void inspected.push(id), session, clock: systemClock },
    { patienceMs: 1, auditSize: 0 },
  );
  return { sync, inspected, keys: () => [...facts.facts().keys()] };
}

const nothing: ContainerList = { summaries: [], unreadableIds: [] };

test('a container and a network that are not in the lists are removed', async () => {
  const { sync, keys } = startSync(() => nothing);
  expect(await sync()).toEqual([]);
  expect(keys()).toEqual([]);
});

test('a list that is older than an event does not remove its container', async () => {
  const { sync, keys } = startSync((containers) => {
    containers.ensure('old').events += 1;
    return nothing;
  });
  await sync();
  expect(keys()).toEqual(['container/old']);
});

test('a container that appeared while the list was read is not removed', async () => {
  const { sync, keys } = startSync((containers) => {
    const record = containers.ensure('new');
    containers.publish(record, container('self', 'new') as Container);
    return nothing;
  });
  await sync();
  expect(keys()).toEqual(['container/new']);
});

test('a container whose list entry cannot be parsed is kept, and reported', async () => {
  const { sync, keys } = startSync(() => ({ summaries: [], unreadableIds: ['old'] }));
  expect(await sync()).toEqual([expect.objectContaining({ subject: 'container old' })]);
  expect(keys()).toEqual(['container/old']);
});

test.each([
  ['running', []],
  ['stopping', ['old']],
] as const)(
  'a %s container that agrees with the list is inspected as %j: it may have survived its stop signal',
  async (state, expected) => {
    const summary = summarySchema.parse({ Id: 'old', Names: ['/old'], State: 'running', Labels: {} });
    const { sync, inspected } = startSync((containers) => {
      const record = containers.ensure('old');
      record.inspectedAt = 0;
      containers.publish(record, container('self', 'old', { name: 'old', state, addresses: [], ports: [] }));
      return { summaries: [summary], unreadableIds: [] };
    });
    await sync();
    expect(inspected).toEqual(expected);
  },
);
