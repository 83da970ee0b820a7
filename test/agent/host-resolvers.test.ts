import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { followHostResolvers, hasLocalStub, readHostResolvers } from '../../agent/host/host-resolvers.ts';
import { renderResolvConf } from '../../resolv-conf/render.ts';
import { systemClock } from '../../system/index.ts';
import { poll } from '../support/poll.ts';

let dir: string;
let [first, second] = ['', ''];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-resolvers-'));
  [first, second] = [join(dir, 'resolv.conf'), join(dir, 'real')];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("Q29: which of the host's resolvers are used", () => {
  const read = (stubs: boolean) => readHostResolvers(['169.254.169.250'], { stubs, files: [first, second] });

  test('behind a stub: from a namespace the real ones, on the host the stub and then the real ones', async () => {
    await writeFile(first, 'nameserver 127.0.0.53\nnameserver 169.254.169.250\n');
    await writeFile(second, 'nameserver 192.0.2.53\n');
    expect(await read(false)).toEqual(['192.0.2.53']);
    expect(await read(true)).toEqual(['127.0.0.53', '192.0.2.53']);
    expect(await hasLocalStub({ files: [first, second] })).toBe(true);
  });

  test('from a file that Drover wrote: the resolvers of the original text, canonical and each once', async () => {
    const text = 'nameserver 169.254.169.250\nnameserver FD00:0::53\nnameserver fd00::53\n';
    const ours = renderResolvConf(text, { resolver: '169.254.169.250', search: [], position: 'first' });
    await writeFile(first, ours ?? '');
    expect(await read(false)).toEqual(['fd00::53']);
  });

  test('without a stub: the first file alone', async () => {
    await writeFile(first, 'nameserver 192.0.2.1\nnameserver 192.0.2.2\n');
    await writeFile(second, 'nameserver 192.0.2.53\n');
    expect(await read(false)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await read(true)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await hasLocalStub({ files: [first, second] })).toBe(false);
  });

  test('no resolver of the host: no other resolver is used', async () => {
    await writeFile(first, 'nameserver 169.254.169.250\n');
    expect(await read(false)).toEqual([]);
    expect(await read(true)).toEqual([]);
  });
});

test('a replaced resolv.conf is read at once; one with the same resolvers is no change', async () => {
  const stop = new AbortController();
  await writeFile(first, 'nameserver 192.0.2.1\n');
  const read = () => readHostResolvers([], { files: [first] });
  const newest = await followHostResolvers({ clock: systemClock }, read, { signal: stop.signal, files: [first] });
  const before = newest();
  const replace = async (text: string) => {
    await writeFile(`${first}.new`, text);
    await rename(`${first}.new`, first);
  };
  await replace('# again\nnameserver 192.0.2.1\n');
  await replace('nameserver 192.0.2.2\n');
  // Below the interval at which it would be read anyway.
  await poll(() => newest()[0] === '192.0.2.2', { what: 'the new resolver', timeoutMs: 3_000 });
  const after = newest();
  await replace('# again\nnameserver 192.0.2.2\n');
  await replace('nameserver 192.0.2.2\noptions edns0\n');
  expect(newest()).toBe(after);
  expect(before).toEqual(['192.0.2.1']);
  stop.abort();
});

describe('the file system of the host is mounted elsewhere', () => {
  test.each([
    ['a file', (etc: string) => writeFile(join(etc, 'resolv.conf'), 'nameserver 192.0.2.1\n')],
    ['an absolute link', (etc: string) => symlink('/run/resolve/resolv.conf', join(etc, 'resolv.conf'))],
    ['a relative link', (etc: string) => symlink('../run/resolve/resolv.conf', join(etc, 'resolv.conf'))],
    [
      'a link through a linked directory',
      async (etc: string) => {
        await symlink('/run/resolve', join(etc, 'resolvconf'));
        await symlink('resolvconf/resolv.conf', join(etc, 'resolv.conf'));
      },
    ],
  ])('resolv.conf is %s', async (_title, make) => {
    await mkdir(join(dir, 'etc'));
    await mkdir(join(dir, 'run/resolve'), { recursive: true });
    await writeFile(join(dir, 'run/resolve/resolv.conf'), 'nameserver 192.0.2.1\n');
    await make(join(dir, 'etc'));
    expect(await readHostResolvers([], { root: dir })).toEqual(['192.0.2.1']);
  });

  test('links in a circle give no resolver', async () => {
    await mkdir(join(dir, 'etc'));
    await symlink('/etc/resolv.conf', join(dir, 'etc/resolv.conf'));
    expect(await readHostResolvers([], { root: dir })).toEqual([]);
  });
});
