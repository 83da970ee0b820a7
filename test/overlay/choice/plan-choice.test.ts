import { expect, test } from 'vitest';
import type { BackendName, OverlayChoice } from '../../../model/index.ts';
import type { OverlayHost } from '../../../overlay/choice/choose-backend.ts';
import { planChoice } from '../../../overlay/choice/plan-choice.ts';

const settings = { setting: 'auto', keyMaxAgeMs: 1_000, usedGeneration: 0 } as const;
const able = (...backends: BackendName[]): OverlayHost => ({
  name: 'a',
  overlay: {
    abilities: backends.map((backend) => ({ backend, means: 'kernel', lacks: '' })),
    ends: [],
    uses: 0,
    addresses: [],
    publicAddress: null,
    underlayMtu: 1500,
  },
});
const chosen: OverlayChoice = {
  setting: 'auto',
  backend: 'wireguard',
  reason: 'auto: every host can use it',
  generation: 4,
  keysSinceMs: 500,
};

test('the first choice has the configured setting and generation 1', () => {
  expect(planChoice({ ...settings, setting: 'vxlan' }, null, [able('wireguard')], 70)).toEqual({
    setting: 'vxlan',
    backend: 'vxlan',
    reason: 'the setting is vxlan',
    generation: 1,
    keysSinceMs: 70,
  });
});

test('a choice that holds stays the identical one, and keys that are old get a new generation', () => {
  expect(planChoice(settings, chosen, [able('wireguard')], 1_499)).toBe(chosen);
  expect(planChoice(settings, chosen, [able('wireguard')], 1_500)).toEqual({
    ...chosen,
    generation: 5,
    keysSinceMs: 1_500,
  });
});

test('another backend is a new generation, another reason is not', () => {
  expect(planChoice(settings, chosen, [able('ipsec')], 600)).toMatchObject({ backend: 'ipsec', generation: 5 });
  expect(planChoice(settings, chosen, [], 600)).toMatchObject({ backend: null, generation: 5 });
  const other = { ...able('direct'), name: 'b' };
  expect(planChoice(settings, chosen, [able('wireguard'), other], 600)).toEqual({
    ...chosen,
    reason: 'auto: all hosts can use it but b',
  });
});

test.each([
  ['a time that was ahead a little', -900, 4],
  ['a time long ago', 1_000, 5],
  ['a time far in the future', -1_000, 5],
])('keys that a host with a wrong clock made at %s', (_when, ageMs, generation) => {
  const before = { ...chosen, keysSinceMs: 5_000 };
  const next = planChoice(settings, before, [able('wireguard')], 5_000 + ageMs);
  expect(next.generation).toBe(generation);
  expect(planChoice(settings, next, [able('wireguard')], 5_000 + ageMs)).toBe(next);
});

test('a generation never goes back, also if the document is lost or comes from a backup', () => {
  const used = { ...settings, usedGeneration: 6 };
  expect(planChoice(used, null, [able('wireguard')], 600)).toMatchObject({ backend: 'wireguard', generation: 7 });
  const restored = planChoice(used, chosen, [able('wireguard')], 600);
  expect(restored).toMatchObject({ backend: 'wireguard', generation: 7, keysSinceMs: 600 });
  expect(planChoice(used, restored, [able('wireguard')], 700)).toBe(restored);
});
