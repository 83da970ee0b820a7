import { expect, test } from 'vitest';
import { findNameChanges } from '../../agent/doctor/name-changes.ts';
import { type Container, formatProblem } from '../../model/index.ts';
import { viewOf } from '../../view/index.ts';
import { at, container, network, snapshot } from '../view/world.ts';

/** Docker searches the internal network last. */
const NETWORKS = [network('a', 'front'), network('a', 'back', { internal: true }), network('a', 'bridge')];
const settings = {
  metadataAddress: '169.254.169.250',
  search: 'own',
  ttlSeconds: 5,
  forward: { upstreams: [], rules: [], ourselves: [] },
} as const;
const app = container('shop-app-1', 'shop/app', null, { addresses: [at('front', '10.0.1.1'), at('back', '10.0.2.1')] });
const db = container('shop-db-1', 'shop/db', null, { addresses: [{ ...at('back', '10.0.2.2'), aliases: ['db'] }] });
const legacy = container('legacy', null, null, {
  addresses: [{ ...at('front', '10.0.1.3'), aliases: ['db', 'store'] }],
});
const job = container('other-job-1', 'other/job', null, { addresses: [at('bridge', '172.17.0.2')] });

function changes(askers: readonly Container[], ...others: readonly Container[]): readonly string[] {
  const view = viewOf(snapshot({ networks: NETWORKS, containers: [...askers, ...others] }), 'a');
  return findNameChanges(view, askers, settings).map(formatProblem);
}

test('a name that Docker answers with one container and Drover with another is lost', () => {
  const [lost, gained, ...rest] = changes([app], db, legacy);
  expect(lost).toMatch(
    /^container shop-app-1: names that Docker's resolver answers .*: db \(Drover answers 10\.0\.2\.2\); make/,
  );
  expect(lost).not.toMatch(/store/);
  expect(gained).toMatch(
    /^container shop-app-1: names that only Drover answers: app, app\.shop, db\.shop.*; no action needed$/,
  );
  expect(rest).toEqual([]);
});

test('a name whose only container has never been ready is lost', () => {
  const [lost] = changes([app], { ...db, health: 'unhealthy', wasReady: false });
  expect(lost).toMatch(/^container shop-app-1: .* Drover answers otherwise: db \(.*never ready\); make/);
});

test('without such a name nothing is lost', () => {
  expect(changes([app], db).filter((text) => text.includes("Docker's resolver"))).toEqual([]);
});

test("on Docker's default bridge the names of all containers there are gained, also the short ones of the own stack", () => {
  const other = container('blog-app-1', 'blog/app', null, { addresses: [at('bridge', '172.17.0.5')] });
  expect(changes([job], other)).toEqual([
    'container other-job-1: names that only Drover answers: job, app.blog, blog-app-1, job.other, other-job-1; no action needed',
  ]);
});

test('a name without an address that the client can reach is not gained', () => {
  const none = container('none', 'other/none', null, { networkMode: 'none', addresses: [] });
  const [gained, ...rest] = changes([job], app, none);
  expect(gained).toBe(
    'container other-job-1: names that only Drover answers: job, job.other, other-job-1; no action needed',
  );
  expect(rest).toEqual([]);
});

test('containers with the same changes are named together', () => {
  const twin = { ...job, id: 'other-job-2', name: 'other-job-2', addresses: [at('bridge', '172.17.0.3')] };
  expect(changes([job, twin])).toEqual([
    expect.stringMatching(/^containers other-job-1, other-job-2: names that only/),
  ]);
});

test('containers of a service that is searched for in another order are compared for themselves', () => {
  const plain = { ...job, id: 'j2', name: 'plain', labels: { 'io.rancher.container.dns.priority': 'none' } };
  const [searching, other] = changes([job, plain]);
  expect(searching).toMatch(/^container other-job-1: names that only Drover answers: job, /);
  expect(other).toMatch(/^container plain: names that only Drover answers: job\.other, /);
});

test('on a host with very many names, the remaining containers are counted', () => {
  const many = Array.from({ length: 400 }, (_, n) =>
    container(`c${n}`, `shop/s${n}`, null, { addresses: [at('front', `10.0.${n >> 8}.${n & 255}`)] }),
  );
  const found = changes(many);
  const [, named = ''] = /^containers ([^:]*): names that only/.exec(found.at(-2) ?? '') ?? [];
  expect(found.at(-1)).toMatch(new RegExp(`^${400 - named.split(', ').length} more containers: their names are not`));
});
