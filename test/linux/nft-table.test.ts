import { beforeEach, expect, test } from 'vitest';
import { createNftTable, formatStep, removeTable, replaceTable, sameTable } from '../../linux/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';

const ID = { family: 'ip', name: 'drover' } as const;
/** What nft lists: the text, or an error. */
let listing: string | Error;
let commands: string[];

let signals: unknown[];

const run: RunCommand = async (file, args, options) => {
  commands.push([file, ...args].join(' '));
  signals.push(options?.signal);
  if (listing instanceof Error) throw listing;
  return listing;
};
const nftError = (stderr: string) => new CommandError(`nft: ${stderr}`, 1, stderr, undefined);

beforeEach(() => {
  commands = [];
  signals = [];
  listing = 'table ip drover {\n\tchain a {\n\t}\n}\n';
});

test('read() lists the table without counters and dynamic elements', async () => {
  expect(await createNftTable({ run }, ID).read()).toBe('table ip drover { chain a { } }');
  expect(commands).toEqual(['nft --stateless --terse list table ip drover']);
  const { signal } = new AbortController();
  await createNftTable({ run }, ID).read(signal);
  expect(signals).toEqual([undefined, signal]);
});

test('read() returns null without a table, and rejects for every other reason', async () => {
  const table = createNftTable({ run }, ID);
  listing = nftError('Error: No such file or directory');
  expect(await table.read()).toBeNull();
  listing = nftError('Operation not permitted');
  await expect(table.read()).rejects.toThrow('not permitted');
  listing = new Error('No such file');
  await expect(table.read()).rejects.toThrow('No such file');
});

test('read() returns the learned text while nft lists it in the same form', async () => {
  const table = createNftTable({ run }, ID);
  await table.learn('table ip drover { chain b { } }');
  expect(await table.read()).toBe('table ip drover { chain b { } }');
  listing = 'table ip drover { chain c { } }';
  expect(await table.read()).toBe('table ip drover { chain c { } }');
});

test('readWithSets() gives the text as read() does, and the elements of the sets, from one listing', async () => {
  const table = createNftTable({ run }, ID);
  const set = (elements: string) => `table ip drover {\n\tset a {\n\t\ttype ipv4_addr\n${elements}\t}\n}\n`;
  listing = set('');
  await table.learn('as written');
  listing = set('\t\telements = { 192.0.2.1,\n\t\t\t     192.0.2.2 }\n');
  const elements = { a: ['192.0.2.1', '192.0.2.2'], b: [] };
  expect(await table.readWithSets(['a', 'b'])).toEqual({ text: 'as written', elements });
  expect(commands.at(-1)).toBe('nft --stateless list table ip drover');
  listing = nftError('No such file or directory');
  expect(await table.readWithSets(['a'])).toEqual({ text: null, elements: { a: [] } });
});

test('learn() of a table that is gone already learns nothing', async () => {
  const table = createNftTable({ run }, ID);
  listing = nftError('No such file or directory');
  await table.learn('table ip drover { }');
  expect(await table.read()).toBeNull();
});

test.each([
  [null, null, true],
  [null, 'table', false],
  ['table', null, false],
  ['table ip a {\n\t}\n', ' table  ip a { }', true],
  ['table ip a { }', 'table ip b { }', false],
])('sameTable(%j, %j) is %j', (a, b, expected) => {
  expect(sameTable(a, b)).toBe(expected);
});

test('a table is replaced and removed in one transaction, whether or not it exists', () => {
  expect(formatStep(replaceTable(ID, 'table ip drover { }'))).toBe(
    'nft -f - { table ip drover; delete table ip drover; table ip drover { } }',
  );
  expect(formatStep(removeTable(ID))).toBe('nft -f - { table ip drover; delete table ip drover }');
});
