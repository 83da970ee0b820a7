import { expect, test } from 'vitest';
import { createDuplicateHostIdWatch } from '../../agent/host/duplicate-host-id.ts';
import type { BusBatch } from '../../bus/index.ts';

const batch = (hosts: BusBatch['hosts']): BusBatch => ({ synced: true, hosts, documents: new Map() });
const host = (incarnation: number) => new Map([['host', { incarnation, hostname: 'clone', address: '192.0.2.7' }]]);

async function afterBatches(...batches: readonly BusBatch['hosts'][]) {
  const watch = createDuplicateHostIdWatch({ hostId: 'me', incarnation: 100 });
  async function* source() {
    for (const hosts of batches) yield batch(hosts);
  }
  let passed = 0;
  for await (const _ of watch.check(source(), () => {})) passed += 1;
  expect(passed).toBe(batches.length);
  return watch.problem();
}

test.each([
  ['our own facts', [new Map([['me', host(100)]])]],
  ['facts of our earlier incarnation', [new Map([['me', host(99)]])]],
  ['other hosts', [new Map([['you', host(200)]])]],
  ['our own lease expired', [new Map([['me', null]])]],
  ['a duplicate that has left', [new Map([['me', host(200)]]), new Map([['me', null]])]],
])('%s: no duplicate host id', async (_what, batches) => {
  expect(await afterBatches(...batches)).toBeNull();
});

test('Q37: a newer host with the same id is a cloned machine and is named with its address', async () => {
  const problem = await afterBatches(new Map([['me', host(200)]]));
  expect(problem?.what).toContain('clone, 192.0.2.7');
  expect(problem?.hint).toContain('host-id');
});
