import { expect, test } from 'vitest';
import type { BackendName, OverlayChoice } from '../../../model/index.ts';
import type { OverlayHost } from '../../../overlay/choice/choose-backend.ts';
import { planChoice } from '../../../overlay/choice/plan-choice.ts';

const settings = { setting: 'auto', keyMaxAgeMs: 1_000 } as const;
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
