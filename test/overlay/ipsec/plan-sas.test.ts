import { expect, test } from 'vitest';
import {
  planSas,
  type SaChange,
  type TunnelHistory,
  type WantedTunnel,
} from '../../../overlay/ipsec/tunnels/plan-sas.ts';
import type { IkeSa } from '../../../overlay/ipsec/tunnels/sas.ts';

const up = (hostId: string, id: number, child = 'new', changes: Partial<IkeSa> = {}): IkeSa => ({
  hostId,
  id,
  state: 'ESTABLISHED',
  isInitiator: true,
  ageSeconds: 60,
  remoteAddress: '192.0.2.2',
  children: [{ id: id * 10, name: child, state: 'INSTALLED', ageSeconds: 60, receivedBytes: 1, sentBytes: 1 }],
  ...changes,
});
const connecting = (hostId: string, id: number): IkeSa => up(hostId, id, '', { state: 'CONNECTING', children: [] });
const wanted = (hostId: string, isSilent = false): WantedTunnel => ({ hostId, child: 'new', isSilent });

/** The changes of one moment after another, on host `m` with random 0, one line each: `MS: CHANGE`. */
function changesOf(
  moments: readonly (readonly [ms: number, sas: readonly IkeSa[]])[],
  tunnels: readonly WantedTunnel[],
  isOnDemand = false,
): readonly string[] {
  let histories: ReadonlyMap<string, TunnelHistory> = new Map();
  return moments.flatMap(([nowMs, sas]) => {
    const plan = planSas({ ownId: 'm', isOnDemand, wanted: tunnels, sas, histories, nowMs, random: () => 0 });
    histories = plan.histories;
    return plan.changes.map((change) => `${nowMs}: ${format(change)}`);
  });
}

function format(change: SaChange): string {
  if (change.kind === 'initiate') return `initiate ${change.hostId} ${change.child}`;
  return `${change.kind} ${change.hostId} ${change.id}`;
}

test.each<[title: string, Parameters<typeof changesOf>, readonly string[]]>([
  ['the host with the lower id starts at once', [[[0, []]], [wanted('z')]], ['0: initiate z new']],
  [
    'the other one waits, and starts if nothing has come',
    [
      [
        [0, []],
        [1_400, []],
        [1_500, []],
      ],
      [wanted('a')],
    ],
    ['1500: initiate a new'],
  ],
  [
    'it does not start if the other one has',
    [
      [
        [0, []],
        [1_500, [up('a', 1)]],
      ],
      [wanted('a')],
    ],
    [],
  ],
  [
    'a start in flight is left alone',
    [
      [
        [0, []],
        [1_000, [connecting('z', 1)]],
        [12_000, [connecting('z', 1)]],
      ],
      [wanted('z')],
    ],
    ['0: initiate z new'],
  ],
  [
    'a start that failed is repeated with growing pauses, and for ever',
    [[0, 500, 1_000, 3_000, 6_000, 7_000, 11_000, 999_999].map((ms) => [ms, []] as const), [wanted('z')]],
    [
      '0: initiate z new',
      '1000: initiate z new',
      '3000: initiate z new',
      '7000: initiate z new',
      '11000: initiate z new',
      '999999: initiate z new',
    ],
  ],
  [
    'nothing is done while packets pass',
    [
      [
        [0, [up('z', 1)]],
        [99_000, [up('z', 1)]],
      ],
      [wanted('z')],
    ],
    [],
  ],
  [
    'an IKE_SA without the CHILD_SA is no tunnel',
    [[[0, [up('z', 1, 'new', { children: [] })]]], [wanted('z')]],
    ['0: initiate z new'],
  ],
  ['a tunnel whose keys are renewed is one', [[[0, [up('z', 1, 'new', { state: 'REKEYING' })]]], [wanted('z')]], []],
  [
    'settings that have changed: the new tunnel first, then the old one goes',
    [
      [
        [0, [up('z', 1, 'old')]],
        [100, [up('z', 1, 'old'), up('z', 2)]],
      ],
      [wanted('z')],
    ],
    ['0: initiate z new', '100: terminate z 1'],
  ],
  [
    'a CHILD_SA of earlier settings goes, its IKE_SA stays',
    [[[0, [up('z', 1, 'new', { children: [...up('z', 1).children, ...up('z', 2, 'old').children] })]]], [wanted('z')]],
    ['0: terminate-child z 20'],
  ],
  [
    'a start for an address that has changed is ended first',
    [[[0, [connecting('z', 1)]]], [wanted('z')]],
    ['0: terminate z 1', '0: initiate z new'],
  ],
  [
    'of two tunnels the lower id keeps the newest',
    [[[0, [up('z', 1), up('z', 2)]]], [wanted('z')]],
    ['0: terminate z 1'],
  ],
  ['the higher id leaves the choice to the other one', [[[0, [up('a', 1), up('a', 2)]]], [wanted('a')]], []],
  [
    'two tunnels that are new may be one in a moment',
    [[[0, [up('z', 1, 'new', { ageSeconds: 1 }), up('z', 2)]]], [wanted('z')]],
    [],
  ],
  [
    'a silent peer: the tunnel is ended, with growing pauses',
    [[0, 10_000, 19_000, 20_000, 59_000, 60_000].map((ms) => [ms, [up('z', 1)]] as const), [wanted('z', true)]],
    ['0: terminate z 1', '20000: terminate z 1', '60000: terminate z 1'],
  ],
  [
    'a silent peer whose tunnel is new gets time',
    [[[0, [up('z', 1, 'new', { ageSeconds: 9 })]]], [wanted('z', true)]],
    [],
  ],
  ['with kernel ESP a packet starts the tunnel', [[[0, []]], [wanted('z')], true], []],
])('planSas(): %s', (_title, [moments, tunnels, isOnDemand], expected) => {
  expect(changesOf(moments, tunnels, isOnDemand)).toEqual(expected);
});

test('planSas() starts ten at a time, and a peer that does not reply holds up no other one', () => {
  const peers = Array.from({ length: 25 }, (_, n) => `p${String(n).padStart(2, '0')}`);
  const [first, second, third] = [peers.slice(0, 10), peers.slice(10, 20), peers.slice(20)];
  const inFlight = first.map((hostId, n) => connecting(hostId, n));
  const lines = changesOf(
    [
      [0, []],
      [1_999, inFlight],
      [2_000, inFlight],
      [2_001, [...peers.slice(0, 20)].map((hostId, n) => (n < 10 ? connecting(hostId, n) : up(hostId, n)))],
    ],
    peers.map((id) => wanted(id)),
  );
  expect(lines).toEqual([
    ...first.map((id) => `0: initiate ${id} new`),
    ...second.map((id) => `2000: initiate ${id} new`),
    ...third.map((id) => `2001: initiate ${id} new`),
  ]);
});

test('planSas() forgets the history of a host that is gone', () => {
  const histories = new Map(
    planSas({
      ownId: 'm',
      isOnDemand: false,
      wanted: [wanted('z')],
      sas: [],
      histories: new Map(),
      nowMs: 0,
      random: () => 0,
    }).histories,
  );
  const plan = planSas({ ownId: 'm', isOnDemand: false, wanted: [], sas: [], histories, nowMs: 1, random: () => 0 });
  expect([...plan.histories]).toEqual([]);
});
