import { Packet } from 'dns2';
import { expect, test } from 'vitest';
import { ASKERS_FROM, recordsOf, SUFFIX, scopedSet } from '../../bench/support/data-set.ts';
import { hostsOf, OWN_HOST } from '../../bench/support/facts.ts';
import { createStateStore } from '../../state/index.ts';
import { viewOf } from '../../view/index.ts';
import { testLog } from '../support/test-log.ts';
import { createPaths } from './hot/paths.ts';
import { queryOf } from './hot/queries.ts';

test('in the world of the benchmarks, clients get the addresses that the generator expects', () => {
  const set = scopedSet();
  const environment = { name: 'bench', uuid: 'bench', suffixes: [`${SUFFIX}.`] };
  const store = createStateStore({ mirror: null, log: testLog('bench') }, { environment, hostId: OWN_HOST });
  const hosts = [...hostsOf(set)].map(([id, facts]) => [id, new Map(Object.entries(facts))] as const);
  store.apply({ hosts: new Map(hosts), documents: new Map(), complete: true });
  const view = viewOf(store.current(), OWN_HOST);
  const { answerHot } = createPaths(() => view);
  for (const { name, addresses } of recordsOf(set)) {
    const reply = answerHot(queryOf(name, Packet.TYPE.A), ASKERS_FROM);
    const given =
      reply && Packet.parse(reply).answers.map((record) => (record as { readonly address?: string }).address);
    expect(given?.toSorted(), name).toEqual(addresses.toSorted());
  }
});
