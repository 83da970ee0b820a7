import { expect, test } from 'vitest';
import { changeOverlay } from '../../../agent/control/overlay/change-overlay.ts';
import { summarizeOverlay } from '../../../agent/control/overlay/summarize-overlay.ts';
import { choicePart } from '../../../agent/overlay/choice-part.ts';
import type { BackendName, HostOverlay, JsonValue, OverlayChoice } from '../../../model/index.ts';
import { NO_PEERS, type OverlayHost } from '../../../overlay/index.ts';
import { viewOf } from '../../../view/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { testLog } from '../../support/test-log.ts';
import { snapshot } from '../../view/world.ts';

const own: HostOverlay = {
  abilities: [{ backend: 'ipsec', means: 'kernel', lacks: '' }],
  ends: [],
  uses: 4,
  addresses: [],
  publicAddress: null,
  underlayMtu: 1500,
};
const hosts: readonly OverlayHost[] = [{ name: 'alpha', overlay: own }];
const choice: OverlayChoice = { setting: 'auto', backend: 'wireguard', reason: '', generation: 4, keysSinceMs: 0 };

/** The part of host `a`, which sees `seen`, while the bus has `stored`. */
async function afterSettling(seen: OverlayChoice | null, stored: JsonValue) {
  const clock = createFakeClock(0);
  const bus = createMemoryDocuments();
  await bus.documents.put('overlay', stored, 0);
  const stop = new AbortController();
  const part = choicePart(
    { clock, log: testLog('choice'), run: async () => '' },
    {
      hostId: 'a',
      view: () => viewOf({ ...snapshot({}), overlay: seen }, 'a'),
      state: { own: () => own, accepted: () => NO_PEERS },
      hosts: () => hosts,
      documents: async () => bus.documents,
    },
    { backend: 'auto', keyMaxAgeDays: 30 } as Parameters<typeof choicePart>[2],
  )(stop.signal, { done: () => {}, problems: () => {} });
  await clock.advance(30_000);
  stop.abort();
  await part;
  return bus.stored.get('overlay')?.value;
}

test('a choice that an operator has just made is not overwritten with one that follows from the earlier one', async () => {
  expect(await afterSettling(choice, choice as unknown as JsonValue)).toMatchObject({
    backend: 'ipsec',
    generation: 5,
  });
  const made = { ...choice, setting: 'vxlan', backend: 'vxlan', generation: 5 };
  expect(await afterSettling(choice, made)).toEqual(made);
});

test('a document of a newer version, or garbage, is left alone', async () => {
  for (const found of [{ ...choice, backend: 'quic' }, { generation: -1 }, 'x'])
    for (const seen of [choice, null]) expect(await afterSettling(seen, found as JsonValue)).toEqual(found);
});

const busWith = (value: JsonValue) => {
  const { documents, stored } = createMemoryDocuments();
  const bus = {
    get: async () => ({ value: stored.get('overlay')?.value ?? value, revision: stored.get('overlay')?.revision ?? 0 }),
    put: (key: string, next: JsonValue, expect?: number) =>
      documents.put(key, next, expect) as unknown as ReturnType<Parameters<typeof changeOverlay>[0]['put']>,
  };
  return { bus, stored };
};
const at = { hosts, nowMs: 1 };

test.each<JsonValue>([{ generation: -1 }, { ...choice, backend: 'quic' }, 'x'])(
  '`drover overlay use` replaces %j on the bus, and `rotate` says so',
  async (garbage) => {
    const { bus, stored } = busWith(garbage);
    expect(await changeOverlay(bus, { rotate: true }, at)).toMatchObject({
      ok: false,
      problem: { hint: expect.stringContaining('drover overlay use') },
    });
    expect(await changeOverlay(bus, { use: 'auto' }, at)).toMatchObject({ ok: true });
    expect(stored.get('overlay')?.value).toMatchObject({ setting: 'auto', backend: 'ipsec', generation: 5 });
  },
);

test('of two changes at the same time, one is refused and can be repeated', async () => {
  const { bus, stored } = busWith(choice as unknown as JsonValue);
  const results = await Promise.all((['vxlan', 'direct'] as const).map((use) => changeOverlay(bus, { use }, at)));
  expect(results.map(({ ok }) => ok)).toEqual([true, false]);
  expect(stored.get('overlay')?.value).toMatchObject({ setting: 'vxlan', generation: 5 });
  expect(await changeOverlay(bus, { use: 'direct' }, at)).toMatchObject({ ok: true });
  expect(stored.get('overlay')?.value).toMatchObject({ setting: 'direct', generation: 6 });
});

test('new keys wait for the hosts that have not finished the last change, and not for one that cannot use the backend', async () => {
  const ability = { backend: choice.backend as BackendName, means: 'kernel', lacks: '' };
  const member = (name: string, uses: number, abilities = [ability]): OverlayHost => ({
    name,
    overlay: { abilities, ends: [], uses, addresses: [], publicAddress: null, underlayMtu: 1500 },
  });
  const unable = member('unable', 0, []);
  const rotate = (...others: readonly OverlayHost[]) =>
    changeOverlay(busWith(choice as unknown as JsonValue).bus, { rotate: true }, { hosts: others, nowMs: 1 });
  expect(await rotate(member('a', choice.generation), member('late', choice.generation - 1), unable)).toMatchObject({
    ok: false,
    problem: { what: 'the last change is not complete on late' },
  });
  expect(await rotate(member('a', choice.generation), unable)).toMatchObject({ ok: true });
});

test('drover status: a host that cannot use the backend is not changing to it', () => {
  const own = { abilities: [], ends: [], uses: 0, addresses: [], publicAddress: null, underlayMtu: 1500 };
  expect(summarizeOverlay({ overlay: choice }, own)).toMatchObject({ means: null, isChanging: false });
  const able = { ...own, abilities: [{ backend: choice.backend as BackendName, means: 'kernel', lacks: '' }] };
  expect(summarizeOverlay({ overlay: choice }, able)).toMatchObject({ means: 'kernel', isChanging: true });
});
