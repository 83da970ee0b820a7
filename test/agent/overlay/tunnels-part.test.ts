import { expect, test } from 'vitest';
import { createOverlayState } from '../../../agent/overlay/overlay-state.ts';
import { tunnelsPart } from '../../../agent/overlay/tunnels-part.ts';
import { createHostFacts } from '../../../facts/index.ts';
import { type BackendName, OVERLAY_FACT, type OverlayChoice, type Problem } from '../../../model/index.ts';
import { type Backend, createDirect, KeyError } from '../../../overlay/index.ts';
import { createWakeUp } from '../../../system/index.ts';
import { viewOf } from '../../../view/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { testLog } from '../../support/test-log.ts';
import { host, snapshot } from '../../view/world.ts';

const log = testLog('tunnels');

const choiceOf = (backend: BackendName, generation: number): OverlayChoice => ({
  setting: backend,
  backend,
  reason: '',
  generation,
  keysSinceMs: 0,
});

const bad = {
  subject: 'private key /x/ipsec.key',
  what: 'other users have rights to it (mode 644)',
  hint: 'run `chmod 600 /x/ipsec.key`',
};

/** IPsec whose key file may have wrong rights. */
function ipsec() {
  const key = { isBad: false, number: 0 };
  const check = (): void => {
    if (key.isBad) throw new KeyError(bad);
  };
  const backend: Backend = {
    ...(createDirect() as Backend),
    name: 'ipsec',
    port: 4500,
    detect: async () => ({ backend: 'ipsec', means: 'kernel', lacks: '' }),
    publicKey: async () => {
      check();
      return `key ${key.number}`;
    },
    renewKey: async () => {
      check();
      key.number += 1;
    },
  };
  return { backend, key };
}

/** The part on host `a`, beside host `b`, with a clock whose wall time can be set. */
function start(first: OverlayChoice) {
  const steady = createFakeClock();
  let offsetMs = 0;
  const clock = { ...steady, now: () => steady.now() + offsetMs };
  const { backend, key } = ipsec();
  const facts = createHostFacts({ log }).part([OVERLAY_FACT]);
  const network = { id: 'n', name: 'n', device: 'b', subnet: '10.42.1.0/24', gateway: '10.42.1.1', isOurs: true };
  const backends = [backend, createDirect() as Backend];
  const state = createOverlayState({
    hostId: 'a',
    network: { current: () => network },
    address: () => '192.0.2.1',
    backends,
    reaches: { current: () => () => ({ address: '192.0.2.2', isSilent: false, mtu: null }) },
    facts,
    hadSubnet: false,
    onChange: () => {},
  });
  let choice = first;
  const problems: (readonly Problem[])[] = [];
  const stop = new AbortController();
  const ends = (['ipsec', 'direct'] as const).map((name) => ({
    backend: name,
    slot: 0,
    generation: 1,
    port: name === 'ipsec' ? 4500 : null,
    publicKey: name === 'ipsec' ? 'b' : null,
  }));
  const overlay = {
    ...state.own(),
    abilities: ends.map((end) => ({ backend: end.backend, means: 'kernel', lacks: '' })),
  };
  const world = snapshot({
    hosts: [host('a'), host('b', { subnets: ['10.42.2.0/24'] })],
    facts: { b: { [OVERLAY_FACT]: { ...overlay, ends } as never } },
  });
  const life = tunnelsPart(
    { clock, log, run: async () => '' },
    {
      view: () => viewOf({ ...world, overlay: choice }, 'a'),
      state,
      backends,
      address: () => '192.0.2.1',
      appliedAt: () => clock.monotonic(),
      routedAtMs: () => clock.monotonic(),
      floorAtMs: () => clock.monotonic(),
      recheck: () => {},
      changes: createWakeUp(clock),
      onNetworks: () => {},
    },
    { publicAddress: null },
  )(stop.signal, { done: () => {}, problems: (found) => problems.push(found) });
  return {
    state,
    key,
    problems: () => problems.at(-1),
    choose: (next: OverlayChoice) => {
      choice = next;
    },
    /** Several rounds, each of which waits for the one before. */
    advance: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 500) await clock.advance(500);
    },
    setClock: (ms: number) => {
      offsetMs = ms;
    },
    end: async () => {
      stop.abort();
      await life;
    },
  };
}

test('a key file that cannot be used is one problem of its tunnel, and the others are kept and changed', async () => {
  const agent = start(choiceOf('direct', 1));
  agent.key.isBad = true;
  await agent.advance(12_000);
  expect(agent.state.own()).toMatchObject({ uses: 1, ends: [{ backend: 'direct' }] });
  agent.choose(choiceOf('ipsec', 2));
  await agent.advance(12_000);
  expect(agent.problems()).toEqual([bad]);
  expect(agent.state.own()).toMatchObject({ uses: 1, ends: [{ backend: 'direct' }] });
  agent.key.isBad = false;
  await agent.advance(12_000);
  expect(agent.problems()).toEqual([]);
  expect(agent.state.own().ends.map(({ publicKey }) => publicKey)).toEqual(['key 1', null]);
  // The tunnel that stands keeps its key, and what it has published.
  agent.key.isBad = true;
  const before = agent.state.own().ends;
  await agent.advance(12_000);
  expect(agent.state.own().ends).toEqual(before);
  await agent.end();
});

test('a wall clock that is set back by an hour does not delay a change', async () => {
  const agent = start(choiceOf('direct', 1));
  agent.setClock(3_600_000);
  await agent.advance(200);
  agent.setClock(0);
  await agent.advance(12_000);
  expect(agent.state.own().uses).toBe(1);
  await agent.end();
});
