import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CertificateStore, type CertificateStoreSettings, type RefusedCopies } from '../../../lb/certificates/index.ts';
import { formatProblem } from '../../../model/index.ts';
import { createLog, type Log, systemClock } from '../../../system/index.ts';
import { poll } from '../../support/poll.ts';
import { type ServerCertificate, serverCertificate } from '../../support/server-certificate.ts';
import { testLog } from '../../support/test-log.ts';

let first: ServerCertificate;
let renewed: ServerCertificate;
let base: string;
let directory: string;
let privateDirectory: string;
/** Copies with this text are refused. */
let refusedText = 'nothing';
let stops: (() => Promise<void>)[] = [];
/** How far the clock is ahead. */
let laterMs = 0;

beforeAll(async () => {
  [first, renewed] = await Promise.all([
    serverCertificate('first', { names: ['shop.test'] }),
    serverCertificate('renewed', { names: ['shop.test', 'new.test'] }),
  ]);
});

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'certificates-'));
  directory = join(base, 'from');
  privateDirectory = join(base, 'private');
  await mkdir(directory);
});

afterEach(async () => {
  for (const stop of stops) await stop();
  stops = [];
  laterMs = 0;
  refusedText = 'nothing';
  await rm(base, { recursive: true });
});

async function open(settings: Partial<CertificateStoreSettings> = {}, log: Log = testLog('certificates')) {
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + laterMs,
    monotonic: () => systemClock.monotonic() + laterMs,
  };
  const store = new CertificateStore({ clock, log, refused }, { directory, privateDirectory, ...settings });
  const stop = new AbortController();
  const running = store.run(stop.signal);
  stops.push(async () => {
    stop.abort();
    await running;
  });
  await store.loaded;
  return store;
}

const refused: RefusedCopies = async (files) => {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return new Set(files.filter((_, index) => texts[index]?.includes(refusedText)));
};
const write = (name: string, text: string) => writeFile(join(directory, name), text);
const both = ({ cert, key }: ServerCertificate) => cert + key;
const namesOf = (store: CertificateStore, name = 'shop') => store.current.get(name)?.names.join(' ');
const problemsOf = (store: CertificateStore) => store.problems().map(formatProblem);
const privateFiles = async () => (await readdir(privateDirectory)).sort();
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
const becomes = <T>(what: string, read: () => T | Promise<T>) => poll(read, { what });

describe('CertificateStore', () => {
  test('gives HAProxy private copies, which only their owner can read, and a list of them (Q34)', async () => {
    const before = process.umask(0);
    try {
      await write('shop.pem', both(first));
      await write('shop.ocsp', 'response');
      await write('*.a b.crt', first.cert);
      await write('*.a b.key', first.key);
      const store = await open();
      expect([...store.current.keys()]).toEqual(['*.a b', 'shop']);
      const files = ['%2A.a%20b.pem', 'all.list', 'shop.pem', 'shop.pem.response'];
      expect(await privateFiles()).toEqual(files);
      expect(await modeOf(privateDirectory)).toBe('700');
      for (const file of files) expect(await modeOf(join(privateDirectory, file))).toBe('600');
      const list = await readFile(join(privateDirectory, 'all.list'), 'utf8');
      expect(list).toBe(`${privateDirectory}/%2A.a%20b.pem\n${privateDirectory}/shop.pem\n`);
    } finally {
      process.umask(before);
    }
  });

  test('follows a renewal at once, and tells listeners once', async () => {
    await write('shop.pem', both(first));
    const store = await open();
    let changes = 0;
    store.onChange(() => {
      changes += 1;
    });
    await write('shop.pem.new', both(renewed));
    await rename(join(directory, 'shop.pem.new'), join(directory, 'shop.pem'));
    await becomes('the renewal', () => namesOf(store) === 'shop.test new.test');
    expect(await readFile(join(privateDirectory, 'shop.pem'), 'utf8')).toContain(renewed.cert);
    expect(changes).toBe(1);
  });

  test('follows the links of certbot, and waits until certificate and key belong together', async () => {
    await mkdir(join(directory, 'shop'));
    await mkdir(join(base, 'archive'));
    const link = async (name: string, target: string) => {
      await symlink(join(base, 'archive', target), join(directory, 'shop', `${name}.new`));
      await rename(join(directory, 'shop', `${name}.new`), join(directory, 'shop', name));
    };
    for (const [index, { cert, key }] of [first, renewed].entries()) {
      await writeFile(join(base, 'archive', `fullchain${index}.pem`), cert);
      await writeFile(join(base, 'archive', `privkey${index}.pem`), key);
    }
    await link('fullchain.pem', 'fullchain0.pem');
    await link('privkey.pem', 'privkey0.pem');
    const store = await open();
    await link('privkey.pem', 'privkey1.pem');
    await becomes('the problem', () => problemsOf(store).length > 0);
    expect(problemsOf(store)).toEqual([
      `certificate shop: the key of ${directory}/shop/privkey.pem does not belong to the certificate; the certificate before stays in use; no action needed if it is being renewed; else install certificate and key of one order`,
    ]);
    expect(namesOf(store)).toBe('shop.test');
    await link('fullchain.pem', 'fullchain1.pem');
    await becomes('the renewal', () => namesOf(store) === 'shop.test new.test');
    expect(problemsOf(store)).toEqual([]);
  });

  test('keeps what was good when a renewal is broken, also after a restart, and goes on with the others (Q34)', async () => {
    await write('shop.pem', both(first));
    await write('pair.crt', first.cert);
    await write('pair.key', first.key);
    const store = await open({ removeAfterMs: 0 });
    await write('shop.pem', both(renewed).slice(0, 400));
    await rm(join(directory, 'pair.crt'));
    await write('other.pem', both(renewed));
    await becomes('the other one', () => store.current.has('other'));
    expect([...store.current.keys()]).toEqual(['other', 'pair', 'shop']);
    expect(namesOf(store)).toBe('shop.test');
    const file = `${directory}/shop.pem`;
    const hint = 'no action needed if it is being written; else replace it';
    const problems = [
      `certificate shop: ${file} is incomplete; the certificate before stays in use; ${hint}`,
      `certificate pair: ${directory}/pair.key has no pair.crt beside it; the certificate before stays in use; add the missing file, or remove the rest`,
    ];
    await becomes('the problems', () => problemsOf(store).length > 1);
    expect(problemsOf(store)).toEqual(problems);
    await stops.pop()?.();
    const again = await open();
    expect([namesOf(again), namesOf(again, 'other'), problemsOf(again)]).toEqual([
      'shop.test',
      'shop.test new.test',
      problems,
    ]);
  });

  test('keeps what was good when HAProxy refuses a renewal, and asks it once (Q34)', async () => {
    await write('shop.pem', both(first));
    const store = await open();
    refusedText = renewed.cert;
    await write('shop.pem', both(renewed));
    await write('other.pem', both(renewed));
    await becomes('the problems', () => problemsOf(store).length > 1);
    const what = 'HAProxy refuses it, although certificate and key belong together';
    expect(store.problems().map((one) => `${one.subject}: ${one.what}`)).toEqual([
      `certificate other: ${what}`,
      `certificate shop: ${what}; the certificate before stays in use`,
    ]);
    expect([namesOf(store), await privateFiles()]).toEqual(['shop.test', ['all.list', 'shop.pem']]);
    refusedText = 'nothing';
    await write('third.pem', both(renewed));
    await becomes('another one', () => store.current.has('third'));
    expect([...store.current.keys()]).toEqual(['shop', 'third']);
    await write('other.pem', both(first));
    await becomes('the repair', () => store.current.has('other'));
  });

  test('removes a certificate that is gone, but not one that is replaced by a new file', async () => {
    await write('shop.pem', both(first));
    await write('old.pem', both(first));
    const store = await open({ removeAfterMs: 3_600_000 });
    await rm(join(directory, 'shop.pem'));
    await rm(join(directory, 'old.pem'));
    await write('late.pem', both(first));
    await becomes('a look', () => store.current.has('late'));
    expect([...store.current.keys()]).toEqual(['late', 'old', 'shop']);
    await write('shop.pem', both(renewed));
    await becomes('the renewal', () => namesOf(store) === 'shop.test new.test');
    laterMs = 3_600_000;
    await write('README', '');
    await becomes('the removal', async () => (await privateFiles()).join() === 'all.list,late.pem,shop.pem');
    expect([...store.current.keys()]).toEqual(['late', 'shop']);
    const list = await readFile(join(privateDirectory, 'all.list'), 'utf8');
    expect(list).toBe(`${privateDirectory}/late.pem\n${privateDirectory}/shop.pem\n`);
  });

  test('keeps all certificates while the directory is missing, and finds one that appears later', async () => {
    await rm(directory, { recursive: true });
    const store = await open();
    expect(problemsOf(store)).toEqual([]);
    await mkdir(join(directory, 'shop'), { recursive: true });
    await write('shop/fullchain.pem', first.cert);
    await write('shop/privkey.pem', first.key);
    await becomes('the certificate', () => store.current.has('shop'));
    await rename(directory, `${directory}.away`);
    await becomes('the problem', () => problemsOf(store).length > 0);
    const hint = 'restore it, or create an empty directory to remove them';
    expect(problemsOf(store)).toEqual([
      `${directory}: is missing; the 1 certificates read before stay in use; ${hint}`,
    ]);
    expect(store.current.has('shop')).toBe(true);
  });

  test('finds a change without an event when it polls', async () => {
    await mkdir(join(base, 'archive'));
    await writeFile(join(base, 'archive', 'shop.pem'), both(first));
    await symlink(join(base, 'archive', 'shop.pem'), join(directory, 'shop.pem'));
    const store = await open({ pollMs: 50 });
    await writeFile(join(base, 'archive', 'shop.pem'), both(renewed));
    await becomes('the renewal', () => namesOf(store) === 'shop.test new.test');
  });

  test('removes files that a crash has left between the private copies', async () => {
    await mkdir(privateDirectory, { mode: 0o755 });
    await writeFile(join(privateDirectory, '.shop.pem.1.tmp'), both(first));
    await writeFile(join(privateDirectory, 'broken.pem'), 'half');
    await write('shop.pem', both(first));
    await open();
    expect(await privateFiles()).toEqual(['all.list', 'shop.pem']);
    expect(await modeOf(privateDirectory)).toBe('700');
  });

  test('gives the identical map while nothing changes', async () => {
    await write('shop.pem', both(first));
    const store = await open({ pollMs: 20 });
    const before = store.current;
    await write('README', 'hello');
    await write('b.pem', 'hello');
    await becomes('a look', () => problemsOf(store).length > 0);
    expect(store.current).toBe(before);
  });

  test('names each problem of the files, and serves the others (Q34)', async () => {
    await write('shop.pem', both(first));
    await write('shop.crt', renewed.cert);
    await write('lonely.key', first.key);
    await write('big.pem', 'x'.repeat(200_000));
    await write(`${'n'.repeat(210)}.pem`, both(first));
    await mkdir(join(directory, 'empty'));
    await symlink('nothing', join(directory, 'dangling.pem'));
    await symlink('loop.pem', join(directory, 'loop.pem'));
    await symlink('/dev/zero', join(directory, 'device.pem'));
    const store = await open();
    expect([...store.current.keys()]).toEqual(['shop']);
    expect(
      `\n${problemsOf(store)
        .join('\n')
        .replaceAll(directory, 'DIR')
        .replace(/n{210}/, 'nnn')}\n`,
    ).toMatchInlineSnapshot(`
      "
      certificate big: DIR/big.pem is larger than 128 kB; put only this certificate into it
      certificate dangling: DIR/dangling.pem is missing; restore it
      certificate device: DIR/device.pem is not a regular file; replace it by a file
      certificate loop: DIR/loop.pem cannot be read (ELOOP); make it a file that the agent may read
      certificate nnn: has a name of more than 200 bytes; rename its file
      certificate empty: DIR/empty has no fullchain.pem with a privkey.pem; add the missing file, or remove the rest
      certificate lonely: DIR/lonely.key has no lonely.crt beside it; add the missing file, or remove the rest
      certificate shop: DIR/shop.crt has the name of another certificate, and is left out; rename it
      "
    `);
  });

  test('reports certificates that expire soon or are outside of their time, and serves them', async () => {
    await write('shop.pem', both(first));
    const hour = 3_600_000;
    const store = await open();
    const { notBeforeMs = 0, notAfterMs = 0 } = store.current.get('shop') ?? {};
    expect(problemsOf(store)).toEqual([]);
    const at = (nowMs: number) => {
      laterMs = nowMs - systemClock.now();
      return problemsOf(store).join();
    };
    const [begin, end] = [new Date(notBeforeMs).toISOString(), new Date(notAfterMs).toISOString()];
    expect(at(notAfterMs - 17 * hour)).toBe('');
    expect(at(notAfterMs - 15 * hour)).toBe(
      `certificate shop: expires soon, at ${end}; renew it, or check why it was not renewed`,
    );
    expect(at(notAfterMs + hour)).toBe(`certificate shop: expired at ${end}; clients refuse it; renew it`);
    expect(at(notBeforeMs - hour)).toContain(`certificate shop: is not valid before ${begin}`);
    expect(store.current.size).toBe(1);
  });

  test('never writes a private key into problems, JSON or the log', async () => {
    const written: string[] = [];
    const log = Object.assign(createLog('certificates', { level: 'silent', format: 'json' }), {
      info: (...line: unknown[]) => void written.push(JSON.stringify(line)),
      warn: (...line: unknown[]) => void written.push(JSON.stringify(line)),
      error: (...line: unknown[]) => void written.push(JSON.stringify(line)),
    });
    await write('shop.pem', both(first));
    await write('broken.pem', first.cert + first.key.replace('MI', 'XX'));
    await write('mixed.pem', first.cert + renewed.key);
    const store = await open({}, log);
    const all = [...written, JSON.stringify([...store.current]), JSON.stringify(store.problems())].join('\n');
    expect(written.length).toBeGreaterThan(2);
    expect(all).not.toContain('PRIVATE KEY');
    for (const line of [...first.key.split('\n'), ...renewed.key.split('\n')].filter((text) => text.length > 20)) {
      expect(all).not.toContain(line.slice(0, 20));
    }
  });
});
