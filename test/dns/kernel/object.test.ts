import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { MAPS } from '../../../dns/kernel/layout.ts';
import { parseBpfObject } from '../../../dns/kernel/object.ts';

const file = (name: string) => new URL(`../../../dns/kernel/${name}`, import.meta.url);

test('the object in the repository was built from the source beside it', async () => {
  const source = await readFile(file('answer.bpf.c'));
  const built = (await readFile(file('answer.bpf.source'), 'utf8')).trim();
  expect(createHash('sha256').update(source).digest('hex'), 'run scripts/build-kernel-answers').toBe(built);
});

test('parseBpfObject() finds the program, its license and every use of a map', async () => {
  const { code, license, mapUses } = parseBpfObject(await readFile(file('answer.bpf.o')), 'tc');
  expect(license).toBe('GPL');
  expect(code.length % 8).toBe(0);
  expect(new Set(mapUses.values())).toEqual(new Set(Object.keys(MAPS)));
  // Each is a 64-bit load (BPF_LD | BPF_DW | BPF_IMM) without a value yet.
  for (const at of mapUses.keys()) expect([code[at], code.readUInt32LE(at + 4)]).toEqual([0x18, 0]);
});

test('parseBpfObject() rejects other files, and an object without the program', async () => {
  const object = await readFile(file('answer.bpf.o'));
  expect(() => parseBpfObject(object, 'xdp')).toThrow('the object has no program xdp');
  expect(() => parseBpfObject(Buffer.from('#!/bin/sh\nexit 0\n'), 'tc')).toThrow('not an ELF64 object');
});
