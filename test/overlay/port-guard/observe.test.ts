import { mkdtemp, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createNftTable } from '../../../linux/index.ts';
import { defaultPortGuardSettings as settings } from '../../../overlay/port-guard/desired-guard.ts';
import { observePortGuard } from '../../../overlay/port-guard/observe.ts';
import { NO_ELEMENTS, tableId } from '../../../overlay/port-guard/render.ts';
import { CommandError, type RunCommand } from '../../../system/index.ts';
import { createResources } from '../../support/resources.ts';
import { desiredOf } from './guards.ts';

const resources = createResources();
let bindingsFile: string;
let commands: string[];
/** First words of a command -> output, or the error that nft prints. */
let outputs: Map<string, string | { readonly error: string }>;

const run: RunCommand = async (file, args, options) => {
  const line = [file, ...args].join(' ');
  commands.push(line);
  const input = `${line} < ${options?.input ?? ''}`;
  const [, output = ''] = [...outputs].find(([start]) => input.startsWith(start)) ?? [];
  if (typeof output === 'string') return output;
  throw new CommandError(output.error, 1, output.error, undefined);
};
const NO_TABLE = { error: 'Error: No such file or directory' };
const LINKS = [
  { ifname: 'veth2', ifindex: 7, master: 'drover1', link_netnsid: 2 },
  { ifname: 'veth9', ifindex: 9, master: 'docker0' },
];
const BRIDGE = [
  {
    ifname: 'drover1',
    addr_info: [
      { family: 'inet6', local: 'fe80::1' },
      { family: 'inet', local: '10.42.1.1' },
    ],
  },
];
const observe = (desired: Parameters<typeof observePortGuard>[2], processId: (id: string) => number | null) =>
  observePortGuard(
    { run, table: createNftTable({ run }, tableId(settings.table)), processId, bindingsFile },
    settings,
    desired,
  );
const nobody = () => null;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'drover-guard-'));
  resources.add('directory', () => rm(dir, { recursive: true }));
  bindingsFile = join(dir, 'port-bindings.json');
});
afterAll(() => resources.close());
beforeEach(async () => {
  await rm(bindingsFile, { force: true });
  commands = [];
  outputs = new Map<string, string | { readonly error: string }>([
    ['nft --stateless', NO_TABLE],
    ['ip -json -details -batch - < link show type bridge_slave', JSON.stringify(LINKS)],
    ['ip -json -details -batch - < address show dev drover1', JSON.stringify(BRIDGE)],
  ]);
});

test('observe() without a table asks the kernel whether it would accept one', async () => {
  const observed = await observe(desiredOf(), nobody);
  expect(observed).toEqual({
    frame: null,
    elements: NO_ELEMENTS,
    published: null,
    refusal: null,
    ports: [
      { name: 'veth2', index: 7, bridge: 'drover1', namespace: 2 },
      { name: 'veth9', index: 9, bridge: 'docker0', namespace: null },
    ],
    ownAddresses: ['10.42.1.1'],
    namespaces: new Map(),
    hidden: [],
  });
  expect(commands).toContain('nft --check -f -');
  outputs.set('nft --check', { error: 'Error: Operation not supported\ntable bridge x' });
  expect((await observe(desiredOf(), nobody)).refusal).toBe('Error: Operation not supported');
});

test('observe() looks up the namespaces of containers without a port in the table only', async () => {
  const own = /\d+/.exec(await readlink('/proc/self/ns/net'))?.[0];
  const held = 'set addresses {\n\ttype ifname . ipv4_addr\n\telements = { "veth2" . 10.42.1.2 }\n}';
  outputs.set('nft --stateless', held);
  outputs.set('lsns', `1 unassigned\n${own} 3\n5 \n`);
  const asked: string[] = [];
  const processId = (id: string): number | null => {
    asked.push(id);
    return id === 'c3' ? process.pid : null;
  };
  const observed = await observe(desiredOf(2, 3, 4), processId);
  expect(observed.elements.addresses).toEqual(['"veth2" . 10.42.1.2']);
  expect(asked).toEqual(['c3', 'c4']);
  expect([...observed.namespaces]).toEqual([['c3', 3]]);
  expect(commands).not.toContain('nft --check -f -');

  outputs.set('lsns', `${own} unassigned\n`);
  expect((await observe(desiredOf(3), processId)).namespaces.size).toBe(0);
  commands = [];
  await observe(desiredOf(2), processId);
  expect(commands.filter((line) => line.startsWith('lsns'))).toEqual([]);
});

test('observe() reads the published bindings, and nothing but those and the table when the guard is off', async () => {
  await writeFile(bindingsFile, 'published');
  expect(await observe('off', nobody)).toMatchObject({ frame: null, published: 'published', ports: [] });
  expect(commands).toEqual(['nft --stateless --terse list table bridge drover_guard']);
  expect((await observe(desiredOf(), nobody)).published).toBe('published');
});

test('observe() rejects if something cannot be read, because a plan needs the complete picture', async () => {
  outputs.set('ip -json', { error: 'Cannot open netlink socket' });
  outputs.delete('ip -json -details -batch - < link show type bridge_slave');
  await expect(observe(desiredOf(), nobody)).rejects.toThrow('netlink');
});
