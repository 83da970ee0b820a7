import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../../../bus/memory/index.ts';
import { type DeclarationDocuments, type ManifestWatch, watchManifests } from '../../../sources/manifest/index.ts';
import { systemClock } from '../../../system/index.ts';
import { createLogLines, type LogLines } from '../../support/log-lines.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';

interface World {
  readonly dir: string;
  readonly ledgerPath: string;
  readonly bus: DeclarationDocuments;
  readonly lines: LogLines['lines'];
  /** Makes the bus fail with this, or work again. */
  breakBus(why: string | null): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  report(): ReturnType<ManifestWatch['report']>;
  write(name: string, text: string): Promise<void>;
  /** Waits until the bus holds exactly these services with these scales. */
  holds(expected: Readonly<Record<string, number | null>>): Promise<void>;
}

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  await using resources = createResources();
  const root = await mkdtemp(join(tmpdir(), 'drover-manifests-'));
  resources.add('folder', () => rm(root, { recursive: true }));
  const store = createMemoryStore({ clock: systemClock });
  resources.add('store', () => store.close());
  const bus = store.connect({ environment: 'default' });
  resources.add('bus', () => bus.close());
  const { log, lines } = createLogLines();
  const [dir, ledgerPath] = [join(root, 'manifests'), join(root, 'data', 'manifests.json')];
  await mkdir(dir);

  let broken: string | null = null;
  const documents: DeclarationDocuments = {
    list: async (prefix) => {
      if (broken) throw new Error(broken);
      return bus.list(prefix);
    },
    put: (...args) => bus.put(...args),
    delete: (...args) => bus.delete(...args),
  };
  let stopping = new AbortController();
  let watch: ManifestWatch | null = null;
  const stop = async (): Promise<void> => {
    stopping.abort();
    await watch?.done;
  };
  resources.add('watch', stop);
  await work({
    dir,
    ledgerPath,
    bus,
    lines,
    breakBus: (why) => {
      broken = why;
    },
    start: async () => {
      stopping = new AbortController();
      watch = watchManifests(
        { documents, clock: systemClock, log },
        { dir, ledgerPath, signal: stopping.signal, pollMs: 10, resyncMs: 100 },
      );
    },
    stop,
    report: () => watch?.report() ?? { services: 0, problems: [], ignored: [], appliedAtMs: null },
    write: async (name, text) => {
      await writeFile(join(dir, `.${name.replaceAll('/', '_')}.new`), text);
      await rename(join(dir, `.${name.replaceAll('/', '_')}.new`), join(dir, name));
    },
    holds: async (expected) => {
      const scales = async () =>
        Object.fromEntries(
          [...(await bus.list('service/'))].map(([key, { value }]) => [
            key.slice(8),
            (value as { scale: number }).scale,
          ]),
        );
      const isHeld = async () => isDeepStrictEqual(await scales(), expected);
      await poll(isHeld, { what: `the bus to hold ${JSON.stringify(expected)}` }).catch(() => {});
      expect(await scales()).toEqual(expected);
    },
  });
}

const shop = (services: string): string => `stack: shop\nservices: {${services}}\n`;

test('watchManifests() follows files that are added, changed and removed', () =>
  inWorld(async ({ start, write, holds, dir, report, bus }) => {
    await bus.put('service/other/foreign', { scale: 5 });
    await write('shop.yml', shop('web: {scale: 1}, db: {}'));
    await write('notes.txt', shop('no: {}'));
    await start();
    await holds({ 'other/foreign': 5, 'shop/web': 1, 'shop/db': null });
    await write('shop.yml', shop('web: {scale: 2}'));
    await write('blog.yaml', 'stack: blog\nservices: {web: {}}');
    await holds({ 'other/foreign': 5, 'shop/web': 2, 'blog/web': null });
    expect(report()).toMatchObject({ services: 2, problems: [] });
    await rm(join(dir, 'shop.yml'));
    await rm(join(dir, 'blog.yaml'));
    await holds({ 'other/foreign': 5 });
  }));

test('watchManifests() reads a folder as one stack, both files of a pair', () =>
  inWorld(async ({ start, write, holds, dir, bus }) => {
    await mkdir(join(dir, 'Shop'));
    await write('Shop/docker-compose.yml', 'web: {image: nginx}\npay: {image: rancher/external-service}\n');
    await write('Shop/docker-compose.override.yml', 'web: {labels: {tier: front}}\n');
    await write('Shop/rancher-compose.yml', 'web: {scale: 3}\npay: {external_ips: [192.0.2.7]}\n');
    await start();
    await holds({ 'shop/web': 3, 'shop/pay': null });
    expect((await bus.list('service/')).get('service/shop/web')?.value).toMatchObject({
      stack: 'Shop',
      labels: { tier: 'front' },
    });
  }));

test('watchManifests() reads files that others refer to with them, and not as manifests of their own', () =>
  inWorld(async ({ dir, holds, report, start, write }) => {
    await mkdir(join(dir, 'shop'));
    await write('shop/.env', 'COUNT=3');
    await write('shop/base.yml', 'services: {base: {x-drover: {scale: "$COUNT"}}}');
    await write('shop/compose.yml', 'services: {web: {extends: {file: base.yml, service: base}}}');
    await start();
    await holds({ 'shop/web': 3 });
    await write('shop/.env', 'COUNT=4');
    await holds({ 'shop/web': 4 });
    expect(report().problems).toEqual([]);
  }));

test('Q34: a file that becomes invalid keeps its last good version, service by service, also after a restart', () =>
  inWorld(async ({ start, stop, write, holds, report }) => {
    await write('shop.yml', shop('web: {scale: 1}, db: {scale: 1}'));
    await write('blog.yml', 'stack: blog\nservices: {web: {}}');
    await start();
    await holds({ 'shop/web': 1, 'shop/db': 1, 'blog/web': null });
    await write('shop.yml', shop('web: {scale: x}, db: {scale: 2}'));
    await holds({ 'shop/web': 1, 'shop/db': 2, 'blog/web': null });
    await write('shop.yml', '{{{');
    await poll(() => report().problems[0]?.what.includes('not valid YAML'), { what: 'the problem to be reported' });
    await holds({ 'shop/web': 1, 'shop/db': 2, 'blog/web': null });
    await stop();
    await start();
    await poll(() => report().problems[0]?.what.includes('not valid YAML'), {
      what: 'the problem to be reported again',
    });
    await write('blog.yml', 'stack: blog\nservices: {web: {scale: 7}}');
    await holds({ 'shop/web': 1, 'shop/db': 2, 'blog/web': 7 });
    await write('shop.yml', shop('db: {scale: 3}'));
    await holds({ 'shop/db': 3, 'blog/web': 7 });
    expect(report().problems).toEqual([]);
  }));

test('Q34: a file of a folder that cannot be read changes nothing of its folder, also after a restart', () =>
  inWorld(async ({ start, stop, write, holds, report, dir }) => {
    await mkdir(join(dir, 'shop'));
    await write('shop/docker-compose.yml', 'web: {image: nginx}\ndb: {image: postgres}\n');
    await write('shop/rancher-compose.yml', 'web: {scale: 3}\ndb: {scale: 1}\n');
    await start();
    await holds({ 'shop/web': 3, 'shop/db': 1 });
    const damages = ['web:\n\tscale: 3', '', '404: Not Found', null];
    for (const text of damages) {
      if (text !== null) await write('shop/rancher-compose.yml', text);
      else {
        await rm(join(dir, 'shop', 'rancher-compose.yml'));
        await mkdir(join(dir, 'shop', 'rancher-compose.yml'));
      }
      // The other file changes, so that something would be applied.
      await write(
        'shop/docker-compose.yml',
        `web: {image: nginx}\ndb: {image: postgres}\nlinks-${damages.indexOf(text)}: {}\n`,
      );
      await poll(() => report().problems[0]?.subject.includes('rancher-compose.yml'), { what: 'the problem' });
      await stop();
      await start();
      await poll(() => report().problems[0]?.subject.includes('rancher-compose.yml'), { what: 'the problem again' });
      await poll(() => report().appliedAtMs, { what: 'the first comparison after the restart' });
      const now = text === '' ? { 'shop/links-1': null } : {};
      await holds({ 'shop/web': 3, 'shop/db': 1, ...now });
      await rm(join(dir, 'shop', 'rancher-compose.yml'), { recursive: true });
      await write('shop/rancher-compose.yml', 'web: {scale: 3}\ndb: {scale: 1}\n');
      await write('shop/docker-compose.yml', 'web: {image: nginx}\ndb: {image: postgres}\n');
      await poll(() => report().problems.length === 0, { what: 'the problem to go' });
      await holds({ 'shop/web': 3, 'shop/db': 1 });
    }
  }));

test('an invalid file keeps its own services, not those of other files', () =>
  inWorld(async ({ start, write, holds, dir }) => {
    await write('a.yml', shop('web: {scale: 1}'));
    await write('b.yml', shop('db: {scale: 1}'));
    await start();
    await holds({ 'shop/web': 1, 'shop/db': 1 });
    await write('a.yml', '{{{');
    await rm(join(dir, 'b.yml'));
    await holds({ 'shop/web': 1 });
  }));

test('watchManifests() removes declarations whose files disappeared while it was not running, and keeps those that others changed', () =>
  inWorld(async ({ start, stop, write, holds, bus }) => {
    await write('shop.yml', shop('web: {scale: 1}, db: {scale: 1}, mq: {scale: 1}'));
    await start();
    await holds({ 'shop/web': 1, 'shop/db': 1, 'shop/mq': 1 });
    await stop();
    await bus.put('service/shop/db', { scale: 9 });
    await write('shop.yml', shop('web: {scale: 1}'));
    await start();
    await holds({ 'shop/web': 1, 'shop/db': 9 });
  }));

test('watchManifests() keeps later writes of others, and puts missing declarations back', () =>
  inWorld(async ({ start, stop, write, holds, bus, report }) => {
    await write('shop.yml', shop('web: {scale: 1}, db: {scale: 1}'));
    await start();
    await holds({ 'shop/web': 1, 'shop/db': 1 });
    await bus.put('service/shop/web', { scale: 9 });
    await bus.delete('service/shop/db');
    await holds({ 'shop/web': 9, 'shop/db': 1 });
    await stop();
    await start();
    await poll(() => report().appliedAtMs, { what: 'the first comparison after the restart' });
    await holds({ 'shop/web': 9, 'shop/db': 1 });
    await write('shop.yml', shop('web: {scale: 2}, db: {scale: 1}'));
    await holds({ 'shop/web': 2, 'shop/db': 1 });
  }));

test('Q8: a directory that disappears does not count as empty', () =>
  inWorld(async ({ start, stop, write, holds, dir, report }) => {
    await write('shop.yml', shop('web: {scale: 1}'));
    await start();
    await holds({ 'shop/web': 1 });
    await rename(dir, `${dir}.away`);
    await poll(() => report().problems[0]?.what === 'is missing; the 1 services it declared stay', {
      what: 'the problem',
    });
    await stop();
    await start();
    await poll(() => report().problems.length === 1, { what: 'the problem after a restart' });
    await holds({ 'shop/web': 1 });
    await writeFile(dir, '');
    await poll(() => report().problems[0]?.what === 'is not a directory', { what: 'the problem of a file' });
    await holds({ 'shop/web': 1 });
    await rm(dir);
    await rename(`${dir}.away`, dir);
    await poll(() => report().problems.length === 0, { what: 'the problem to go' });
    await rm(join(dir, 'shop.yml'));
    await holds({});
  }));

test('watchManifests() continues while the bus is not reachable, and logs that once', () =>
  inWorld(async ({ start, write, holds, breakBus, report, lines }) => {
    breakBus('no leader');
    await write('shop.yml', shop('web: {scale: 1}'));
    await start();
    await poll(() => report().problems[0]?.what === 'cannot be applied: no leader', { what: 'the problem' });
    await poll(() => lines.length >= 2, { what: 'log lines' });
    breakBus(null);
    await holds({ 'shop/web': 1 });
    await poll(() => report().problems.length === 0, { what: 'the problem to go' });
    expect(lines.filter((line) => line === 'warn cannot apply the manifests; retrying')).toHaveLength(1);
  }));

test('watchManifests() uses the first of two files with the same service, and reports the second', () =>
  inWorld(async ({ start, write, holds, report }) => {
    await write('a.yml', shop('web: {scale: 1}'));
    await write('b.yml', shop('WEB: {scale: 2}, db: {}'));
    await start();
    await holds({ 'shop/web': 1, 'shop/db': null });
    expect(report().problems.map(({ subject, what }) => `${subject} ${what}`)).toEqual([
      'b.yml shop/WEB is declared in a.yml already; what b.yml says is left out',
    ]);
  }));

test('an invalid record is reported and replaced; documents on the bus are not deleted', () =>
  inWorld(async ({ start, write, holds, ledgerPath, bus, lines }) => {
    await mkdir(join(ledgerPath, '..'));
    await writeFile(ledgerPath, '{"service/shop/old": 3, "servi');
    await bus.put('service/shop/old', { scale: 1 });
    await write('shop.yml', shop('web: {scale: 1}'));
    await start();
    await holds({ 'shop/old': 1, 'shop/web': 1 });
    expect(lines[0]).toBe('warn the record of applied manifests cannot be read; starting a new one');
    // It is noted after the bus has it.
    const isNoted = async () => JSON.parse(await readFile(ledgerPath, 'utf8'))['service/shop/web']?.applied === true;
    await poll(isNoted, { what: 'shop/web noted as applied' });
  }));

test('a folder in place of a file is a problem, and the services of the file stay', () =>
  inWorld(async ({ start, write, holds, dir, report }) => {
    const problems = () => report().problems.map(({ subject, what }) => `${subject} ${what}`);
    await write('odd.yml', shop('odd: {scale: 1}'));
    await mkdir(join(dir, 'shop', 'docker-compose.yml'), { recursive: true });
    await write('good.yml', shop('web: {scale: 1}'));
    await chmod(join(dir, 'good.yml'), 0o600);
    await start();
    await holds({ 'shop/odd': 1, 'shop/web': 1 });
    expect(problems()).toEqual([`${dir}/shop/docker-compose.yml is a directory`]);
    await rm(join(dir, 'odd.yml'));
    await mkdir(join(dir, 'odd.yml'));
    await poll(() => problems().includes(`${dir}/odd.yml is a directory`), { what: 'the problem' });
    await holds({ 'shop/odd': 1, 'shop/web': 1 });
  }));
