import { expect, test } from 'vitest';
import { applyManifests } from '../../../agent/control/apply.ts';
import { portNotes } from '../../../agent/control/lb/port-notes.ts';
import type { Bus } from '../../../bus/index.ts';
import { formatProblem } from '../../../model/index.ts';
import { viewOf } from '../../../view/index.ts';
import { host, snapshot } from '../../view/world.ts';
import { listener, rule, table } from './tables.ts';

const VIEW = viewOf(snapshot({ hosts: [host('a', { name: 'alpha' })] }), 'a');
const TABLE = table(
  [listener(5432, [rule('shop/db', 'db')], { protocol: 'tcp' }), listener(80, [rule('edge/front#1', 'web')])],
  [],
);

/** The notes of a dry run for a load balancer `edge/front`. */
async function notesOf(keys: string): Promise<readonly string[]> {
  const text = `stack: edge\nservices:\n  front: {lb_config: {${keys}}}\n`;
  const files = [{ path: 'edge.yml', text, attached: {} }];
  const bus = { list: async () => new Map() } as unknown as Bus;
  const { ignored, problems } = await applyManifests(
    { bus, clock: { now: () => 0 }, notes: (declared) => portNotes(VIEW, TABLE, declared) },
    { files, stack: null, variables: {}, dryRun: true, prune: false },
  );
  expect(problems).toEqual([]);
  return ignored.map(formatProblem);
}

test('apply notes a port that another service uses with another protocol', async () => {
  expect(await notesOf('port_rules: [{source_port: 5432, service: shop/web, target_port: 80}]')).toEqual([
    'load balancer edge/front: has a rule of port 5432 for http, which shop/db uses for tcp: a port has one protocol; ' +
      'use another port or the same protocol; `drover status` names the rules that do not get the port',
  ]);
});

test.each([
  ['with the same protocol', 'port_rules: [{source_port: 5432, protocol: tcp, service: shop/web, target_port: 80}]'],
  ['that it has itself', 'port_rules: [{source_port: 80, protocol: tcp, service: shop/web, target_port: 80}]'],
  ['of other hosts', 'port_rules: [{source_port: 5432, service: shop/web, target_port: 80}], hosts: [beta]'],
])('apply notes nothing about a port %s', async (_, keys) => {
  expect(await notesOf(keys)).toEqual([]);
});
