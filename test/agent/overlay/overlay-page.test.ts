import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createDirections } from '../../../agent/control/overlay/directions.ts';
import { addOverlay } from '../../../agent/control/overlay/overlay-metrics.ts';
import { readOverlay, readRows } from '../../../agent/control/overlay/overlay-page.ts';
import { pathProblems } from '../../../agent/control/overlay/path-problems.ts';
import { formatOverlay } from '../../../cli/output/overlay-page.ts';
import { formatProblem, type HostPaths, type PathState } from '../../../model/index.ts';
import { path, tunnel, tunnelSources, viewWith } from './worlds.ts';

const CHOICE = {
  setting: 'auto',
  backend: 'wireguard',
  reason: 'auto: every host can use it',
  generation: 1,
  keysSinceMs: 0,
} as const;

test.each<[string, PathState, Partial<HostPaths> | null, string, string]>([
  ['both see it up', 'up', {}, 'ok', 'ok'],
  ['only this host knows, and it is up', 'up', null, 'ok', 'ok'],
  ['nothing is known', 'unknown', null, 'unknown', 'unknown'],
  ['the peer does not receive ours', 'unheard', null, 'lost', 'ok'],
  ['the peer does not receive ours, and says so', 'unheard', { silent: ['a'] }, 'lost', 'ok'],
  ['nothing arrives, and the peer says nothing', 'silent', null, 'unknown', 'lost'],
  ['nothing arrives, and the peer hears us', 'silent', { unheard: ['a'] }, 'ok', 'lost'],
  ['nothing arrives on either side', 'silent', { silent: ['a'] }, 'lost', 'lost'],
])('Q21 directions, if %s', (_, state, theirs, outbound, inbound) => {
  const view = viewWith(theirs === null ? {} : { b: theirs });
  const direction = createDirections(view, new Map([['b', { state }]]));
  expect([direction('a', 'b'), direction('b', 'a')]).toEqual([outbound, inbound]);
});

test('Q21 directions between other hosts follow from what they publish', () => {
  const direction = createDirections(viewWith({ b: { unheard: ['c'] }, c: {} }), new Map());
  // c says that it hears b, and it is the receiver.
  expect([direction('b', 'c'), direction('c', 'b')]).toEqual(['ok', 'ok']);
  const silent = createDirections(viewWith({ b: { unheard: ['c'] } }), new Map());
  expect([silent('b', 'c'), silent('c', 'b')]).toEqual(['lost', 'ok']);
});

test('Q40 drover overlay shows each path, and the problems with direction and hint', async () => {
  const view = viewWith({ b: {}, c: { unheard: ['a'] } }, { overlay: CHOICE });
  const sources = tunnelSources({ b: path('up'), c: path('silent', { lossIn: 1, lossOut: null, mtu: null }) });
  const page = await readOverlay(view, sources);
  expect(formatOverlay(page, true)).toBe(`alpha: wireguard (auto: every host can use it)

HOST   BACKEND    ADDRESS          STATE               RTT     LOSS IN  LOSS OUT  MTU   RECEIVED  SENT  KEY AGE
beta   wireguard  192.0.2.2:51820  up                  0.5 ms  0 %      3 %       1440  1.2 MB    89 B  2 min
gamma  wireguard  192.0.2.3:51820  nothing from gamma  -       100 %    -         -     -         -     -

Paths between hosts, as both ends report them:
  FROM \\ TO  alpha  beta  gamma
  alpha      -      ok    ok
  beta       ok     -     ok
  gamma      LOST   ok    -

Problems:
  path from gamma to alpha: no packets arrive, packets in the other direction arrive (wireguard to 192.0.2.3, UDP port 51820); allow UDP port 51820 from gamma to alpha in the firewalls of both hosts and in between, and UDP port 7950 between the subnets of the managed network`);
  expect(page.matrix.lost).toEqual([{ from: 'gamma', to: 'alpha' }]);
});

test('drover overlay of a host without peers, without a choice, and without a network', async () => {
  const alone = await readOverlay(viewWith({}, { overlay: CHOICE }), tunnelSources({}, { tunnels: () => [] }));
  expect(formatOverlay(alone, false)).toBe('alpha: wireguard (auto: every host can use it)\n\nNo other hosts.');
  const undecided = await readOverlay(viewWith(), tunnelSources({}, { tunnels: () => [] }));
  expect(formatOverlay(undecided, false)).toContain('no host has decided yet');
  const off = await readOverlay(viewWith(), tunnelSources({}, { tunnels: () => null }));
  expect(formatOverlay(off, false)).toBe('alpha takes no part in the managed network now.');
});

test('a backend in clear, IPv6 and a host without a tunnel are shown as such', async () => {
  const tunnels = () => [
    tunnel('b', { backend: 'vxlan', address: 'fd00::2', port: 4_789 }),
    tunnel('c', { backend: null, address: null, port: null, device: null }),
  ];
  const text = formatOverlay(await readOverlay(viewWith(), tunnelSources({}, { tunnels })), false);
  expect(text).toMatch(/^beta +vxlan, in clear +\[fd00::2\]:4789 +not known yet /m);
  expect(text).toMatch(/^gamma +none +- +not known yet /m);
});

test('Q21 status names pairs and directions, but not hosts that another problem names, and at most ten', () => {
  const view = viewWith({ b: { silent: ['a'] } });
  const sources = tunnelSources({ b: path('silent'), c: path('unheard') });
  const subjects = pathProblems(view, sources).map(({ subject }) => subject);
  expect(subjects).toEqual(['path from alpha to gamma', 'path between alpha and beta']);
  expect(pathProblems(view, sources, new Set(['b', 'c']))).toEqual([]);
  const many = Array.from({ length: 12 }, (_, n) => tunnel(`h${n}`, { backend: n === 0 ? 'direct' : 'ipsec' }));
  const paths = Object.fromEntries(many.map(({ hostId }) => [hostId, path('silent')]));
  const problems = pathProblems(view, tunnelSources(paths, { tunnels: () => many })).map(formatProblem);
  expect(problems.length).toBe(11);
  expect(problems[0]).toContain('make the routers between the hosts carry the subnets');
  expect(problems[1]).toContain('allow UDP ports 500 and 4500 from h1 to alpha');
  expect(problems[10]).toContain('2 more do not work');
});

test('a host that cannot probe says why, and judges nobody', () => {
  const problem = { subject: 'path probes', what: 'cannot listen', hint: 'free the port' };
  const sources = tunnelSources({ b: path('silent') }, { probeProblem: () => problem });
  expect(pathProblems(viewWith(), sources)).toEqual([problem]);
});

test('Q40 metrics of the paths, and docs/operating.md describes each of them', async () => {
  const sources = tunnelSources({ b: path('up'), c: path('silent', { lossIn: 1, lossOut: null, mtu: null }) });
  const rows = await readRows(viewWith(), sources);
  const registry = new Registry();
  addOverlay(registry, () => rows);
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('drover_'));
  expect(lines).toEqual([
    'drover_overlay_peer_up{peer="beta",backend="wireguard"} 1',
    'drover_overlay_peer_up{peer="gamma",backend="wireguard"} 0',
    'drover_overlay_rtt_seconds{peer="beta"} 0.0005',
    'drover_overlay_loss_ratio{peer="beta",direction="in"} 0',
    'drover_overlay_loss_ratio{peer="beta",direction="out"} 0.03',
    'drover_overlay_loss_ratio{peer="gamma",direction="in"} 1',
    'drover_overlay_mtu_bytes{peer="beta"} 1440',
    'drover_overlay_received_bytes_total{peer="beta"} 1234567',
    'drover_overlay_sent_bytes_total{peer="beta"} 89',
    'drover_overlay_key_age_seconds{peer="beta"} 120',
  ]);
  const text = readFileSync('docs/operating.md', 'utf8');
  const names = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  expect(names.filter((name) => !text.includes(`\`${name.replace('drover_overlay_', '')}\``))).toEqual([]);
});
