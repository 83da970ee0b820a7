import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { chooseBatching } from '../../../dns/listen/batching.ts';
import type { UdpBatchAddon } from '../../../dns/listen/udp-batch.ts';
import { loadAddon } from '../../../dns/native/load.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';

const resources = createResources();
afterAll(() => resources.close());

const SCRIPT = fileURLToPath(new URL('../../support/batch-script.ts', import.meta.url));

test('the addon is compiled here, and batches are used unless they are switched off', () => {
  expect(loadAddon<UdpBatchAddon>('udp-batch').ok).toBe(true);
  expect(chooseBatching('auto').batching).toEqual({ mode: 'batch', problem: null });
  expect(chooseBatching('off')).toEqual({ addon: null, batching: { mode: 'dgram', problem: null } });
});

test('a missing or broken addon is a problem that says how to fix it', () => {
  const absent = loadAddon('no-such-addon');
  expect(absent.ok ? '' : absent.problem.what).toMatch(/^is not compiled: /);
  expect(absent.ok ? '' : absent.problem.hint).toContain('Install gcc and libc6-dev');
});

describe('wrong arguments are rejected with a code', () => {
  const addon = () => {
    const loaded = loadAddon<UdpBatchAddon>('udp-batch');
    if (!loaded.ok) throw new Error(loaded.problem.what);
    return loaded.value as unknown as Record<string, (...args: unknown[]) => unknown> & UdpBatchAddon;
  };
  const good = () => {
    const { slots, rxSlot, txSlot } = addon();
    const bytes = [new Uint8Array(slots * rxSlot), new Uint8Array(slots * txSlot)];
    const numbers = [new Int32Array(slots), new Int32Array(slots), new Uint32Array(slots), new Uint32Array(slots)];
    return ['127.0.0.1', 0, true, 0, ...bytes, ...numbers, () => {}] as unknown[];
  };
  const without = (index: number, value: unknown) => good().map((one, at) => (at === index ? value : one));

  test.each([
    ['no arguments', () => []],
    ['one too few', () => good().slice(1)],
    ['an address of another kind', () => without(0, '::1')],
    ['a long address', () => without(0, '1'.repeat(200))],
    ['an address that is none', () => without(0, 'localhost')],
    ['a port out of range', () => without(1, 65_536)],
    ['a flag that is none', () => without(2, 'yes')],
    ['a small buffer', () => without(4, new Uint8Array(10))],
    ['a buffer of another kind', () => without(6, new Uint32Array(64))],
    ['no buffer', () => without(5, null)],
    ['no callback', () => without(10, {})],
  ])('open: %s', (_title, args) => {
    expect(() => addon().open?.(...(args() as Parameters<UdpBatchAddon['open']>))).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
  });

  test('open: a failed system call has the code of its errno', () => {
    const open = (...args: unknown[]) => addon().open(...(args as Parameters<UdpBatchAddon['open']>));
    expect(() => open(...without(0, '192.0.2.1'))).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
    const handle = open(...good());
    const taken = without(1, addon().port(handle)).map((one, at) => (at === 2 ? false : one));
    expect(() => open(...taken)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    addon().close(handle);
  });

  test('an invalid or closed handle', () => {
    for (const name of ['port', 'asked', 'send', 'leave', 'dropped', 'unsent', 'close'])
      for (const value of [undefined, 1, {}, null])
        expect(() => addon()[name]?.(value)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    const handle = addon().open(...(good() as Parameters<UdpBatchAddon['open']>));
    expect(() => addon().send?.(handle, 'text' as unknown as Buffer, 1, 1, 0)).toThrow('wrong arguments');
    expect(() => addon().send?.(handle, Buffer.alloc(1), 1, 65_536, 0)).toThrow('wrong arguments');
    expect(() => addon().asked?.(handle, addon().slots)).toThrow('wrong arguments');
    // An address that cannot be sent to gives false, like a client that is gone.
    expect(addon().send(handle, Buffer.alloc(70_000), 0x7f000001, 9, 0)).toBe(false);
    expect(addon().unsent(handle)).toBe(1);
    addon().close(handle);
    addon().close(handle);
    expect(() => addon().port(handle)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(() => addon().leave(handle)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect([addon().dropped(handle), addon().unsent(handle)]).toEqual([0, 1]);
  });
});

describe('in a separate process', () => {
  const run = (scene: string) =>
    execa(process.execPath, ['--expose-gc', SCRIPT, scene], { timeout: 30_000, reject: false });

  test.each([
    ['workers', 'workers that end in the middle of a batch'],
    ['closing', 'sockets that close in the middle of a batch, and handles that are collected'],
    ['throwing', 'a callback that throws'],
  ])('%s: %s', async (scene) => {
    const { stdout, stderr, exitCode } = await run(scene);
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: 'done', stderr: '', exitCode: 0 });
  });

  test('replies wait while the socket accepts no more', async () => {
    const host = await createTestHost(resources, 'pressure');
    await host.run('tc', 'qdisc add dev lo root tbf rate 4mbit burst 5kb limit 10mb'.split(' '));
    const output = await host.run(process.execPath, [SCRIPT, 'pressure'], { timeoutMs: 30_000 });
    expect(output.trim()).toBe('done');
  });

  test.each([
    ['is as large as they are', 65_536],
    ['is smaller than some of them', 700],
  ])('replies that go together to one client are each its own, where the MTU %s', async (_what, mtu) => {
    const host = await createTestHost(resources, `groups${mtu}`);
    await host.run('ip', ['address', 'add', '10.9.9.1/32', 'dev', 'lo']);
    await host.run('ip', ['link', 'set', 'lo', 'mtu', String(mtu)]);
    const output = await host.run(process.execPath, [SCRIPT, 'groups'], { timeoutMs: 30_000 });
    expect(output.trim()).toBe('done');
  });

  test('bound to the wildcard address, it answers from the address that was queried, also after leaving', async () => {
    const host = await createTestHost(resources, 'wildcard');
    await host.run('ip', ['address', 'add', '10.9.9.1/32', 'dev', 'lo']);
    const output = await host.run(process.execPath, [SCRIPT, 'wildcard'], { timeoutMs: 10_000 });
    expect(output.trim()).toBe('done');
  });
});
