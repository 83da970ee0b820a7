import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { addLb, NO_LB } from '../../agent/control/lb/lb-metrics.ts';
import { createTableReader, type LbTable } from '../../lb/index.ts';
import { createRenderer } from '../../lb/render/index.ts';
import { formatProblem, LB_LABEL_KEYS, type ServiceDeclaration } from '../../model/index.ts';
import { parseManifests } from '../../sources/index.ts';
import { nestedKeys } from '../../sources/manifest/convert/service-schema.ts';
import { viewOf } from '../../view/index.ts';
import { SETTINGS } from '../lb/render/tables.ts';
import { container, host, snapshot } from '../view/world.ts';

const page = readFileSync('docs/load-balancer.md', 'utf8');
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const isManifest = (text: string): boolean => /^stack: /m.test(text);

/** The keys in the first column of the table below a heading. */
function keysOf(heading: string): readonly string[] {
  const below = page.slice(page.indexOf(heading));
  const rows = below.match(/(?:^\|.*\n)+/m)?.[0].split('\n') ?? [];
  return rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, key = '']) => key));
}

test('docs/load-balancer.md has examples of labels and of manifests', () => {
  expect(examples.filter((text) => !isManifest(text)).length).toBeGreaterThan(10);
  expect(examples.filter(isManifest).length).toBeGreaterThan(8);
});

/** The services that the examples of manifests name. */
const TARGETS = ['web', 'web-next', 'api', 'db', 'health'];

interface ComposeService {
  readonly labels?: Readonly<Record<string, string>>;
}

/** The table of a host with the containers and declarations of an example. */
function tableOf(text: string, declarations: readonly ServiceDeclaration[]): LbTable {
  const { services } = parse(text) as { readonly services: Readonly<Record<string, ComposeService>> };
  const published = isManifest(text) ? {} : services;
  const targets = isManifest(text)
    ? Object.fromEntries(TARGETS.map((name) => [name, { labels: { tier: 'front' } }]))
    : {};
  const containers = Object.entries<ComposeService>({ ...published, ...targets }).map(([name, { labels = {} }], at) =>
    container(`c${at}`, `shop/${name}`, `10.42.1.${at + 1}`, {
      name: `shop-${name}-1`,
      labels: Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, value.replaceAll('$$', '$')])),
      exposed: [{ port: 8080, protocol: 'tcp' }],
    }),
  );
  const hosts = [host('a', { labels: { role: 'edge' } })];
  return createTableReader()(viewOf(snapshot({ hosts, containers, declarations }), 'a'));
}

test.each(examples.map((text) => [text.replaceAll(/\s+/g, ' ').slice(0, 80), text]))(
  'example %s is valid, and HAProxy gets all of it',
  async (_, text) => {
    const path = isManifest(text) ? 'edge.yaml' : 'compose.yaml';
    const parsed = parseManifests([{ path, text, attached: {} }], { stack: 'shop', variables: {} });
    expect([...parsed.problems, ...parsed.ignored].map(formatProblem)).toEqual([]);
    const table = tableOf(text, parsed.declarations);
    expect(table.problems.map(formatProblem)).toEqual([]);
    const certificates = new Map([['shop', { file: '/certs/shop.pem' }]]);
    expect((await createRenderer()(table, { ...SETTINGS, certificates })).problems).toEqual([]);
    // A service with rules for selectors alone listens nowhere.
    const listens = !isManifest(text) || text.includes('source_port');
    expect({ listens: table.listeners.length > 0, servers: countServers(table) > 0 }).toEqual({
      listens,
      servers: listens,
    });
  },
);

function countServers({ backends }: LbTable): number {
  return backends.flatMap(({ servers }) => servers).length;
}

test('docs/load-balancer.md describes every label', () => {
  const described = keysOf('## Labels').map((label) => label.replace('drover.lb.', ''));
  expect(described.toSorted()).toEqual([...LB_LABEL_KEYS].sort());
});

test('docs/load-balancer.md describes every key of a rule and of a load balancer', () => {
  const ofRancher = ['region', 'environment'];
  const rule = nestedKeys(['port_rules']).filter((key) => !ofRancher.includes(key));
  expect(keysOf('Keys of a rule').toSorted()).toEqual(rule.toSorted());
  expect(keysOf('Keys of the load balancer').toSorted()).toEqual(nestedKeys(['lb_config']).toSorted());
});

test('Q40 docs/load-balancer.md describes every metric of the load balancer', async () => {
  const described = [...page.matchAll(/^\| `([a-z_]+)(?:\{[a-z,]+\})?` \|/gm)].map(([, name]) => `drover_lb_${name}`);
  const registry = new Registry();
  addLb(registry, () => NO_LB);
  const names = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !described.includes(name))).toEqual([]);
});
