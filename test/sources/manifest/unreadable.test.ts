import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { pictureOf, type Sourced } from '../../../sources/manifest/directory-picture.ts';
import { documentKey, type ManifestFile, parseManifests } from '../../../sources/manifest/index.ts';
import { createDirectoryReader, type ManifestUnit } from '../../../sources/manifest/read-directory.ts';

const COMPOSE = 'front: {image: acme/front, links: [store]}\nstore: {image: acme/store}\n';
const RANCHER = 'front:\n  scale: 3\n  metadata: {colour: blue}\n  health_check: {port: 8000}\n';

/** Texts that cannot be read, or not completely, in place of RANCHER. */
const BROKEN: readonly (readonly [string, string])[] = [
  ['a tab', RANCHER.replace('  scale', '\tscale')],
  ['a line that is cut off', RANCHER.slice(0, RANCHER.indexOf('blue'))],
  ['an alias without an anchor', `${RANCHER}  labels: *none\n`],
  ['a list', '- front\n- store\n'],
  ['a page of a web server', '404: Not Found'],
  ['a word', 'front'],
  ['a wrong key at the top', `version: '2'\nservies:\n  ${RANCHER.replaceAll('\n', '\n  ')}`],
  ['services that are a list', "version: '2'\nservices: [front]\n"],
  ['an x-drover that is a text', `${RANCHER}x-drover: 3\n`],
  ['a second document with a tab', `${RANCHER}---\n\tfront: {}\n`],
  ['more than 2 MB', `${RANCHER}#${'x'.repeat(2e6)}\n`],
  ['levels without end', `front: ${'['.repeat(5000)}`],
];

const names = (files: readonly ManifestFile[], stack?: string): readonly string[] =>
  parseManifests(files, { stack }).declarations.map((one) => `${one.stack}/${one.name}`);

describe('parseManifests() does not declare services that an unreadable document may describe', () => {
  test.each(BROKEN)('%s', (_, text) => {
    const files = [
      { path: 'docker-compose.yml', text: COMPOSE },
      { path: 'rancher-compose.yml', text },
    ];
    for (const order of [files, [...files].reverse()]) {
      const manifests = parseManifests(order, { stack: 'demo' });
      expect([manifests.declarations, manifests.complete]).toEqual([[], false]);
      expect(manifests.problems[0]?.subject).toContain('rancher-compose.yml');
    }
  });

  test.each([
    [
      'a condition',
      'front:\n  image: acme/front\n{{- if eq .Values.store "yes" }}\nstore:\n  image: acme/store\n{{- end }}\n',
      3,
    ],
    ['a value', 'front:\n  scale: {{ .Values.scale }}\n  image: {{ .Values.image }}\n', 2],
    ['a key', 'front: {}\n{{ .Values.name }}:\n  scale: 2\n', 2],
  ])('a template is named once, with its first line: %s', (_, text, line) => {
    const { problems, declarations } = parseManifests([{ path: 'docker-compose.yml.tpl', text }], { stack: 'demo' });
    expect(declarations).toEqual([]);
    expect(problems).toEqual([
      {
        subject: `docker-compose.yml.tpl:${line}`,
        what: expect.any(String),
        hint: expect.stringContaining('template'),
      },
    ]);
  });

  test('{{ in quotes on another line than the fault is no template', () => {
    const text = 'front:\n  labels: {rule: "{{ .Name }}"}\n\tscale: 3\n';
    const { problems } = parseManifests([{ path: 'compose.yml', text }], { stack: 'demo' });
    expect(problems[0]?.hint).not.toContain('template');
  });

  test('one invalid service is only itself', () => {
    const rancher = { path: 'rancher-compose.yml', text: `${RANCHER}store: {scale: many}\n` };
    expect(names([{ path: 'docker-compose.yml', text: COMPOSE }, rancher], 'demo')).toEqual(['demo/front']);
  });

  test.each<[string, string, readonly string[]]>([
    ['names another stack', 'stack: other\nservices: {{', ['demo/front', 'demo/store', 'shop/web']],
    ['names the stack of a native document', 'stack: "Shop"\nservices: {{', ['demo/front', 'demo/store']],
    ['names no stack', 'services: {{', ['shop/web']],
    ['mentions the stack of a native document', '{stack: shop, services: {{', []],
  ])('a document that %s', (_, text, expected) => {
    const files = [
      { path: 'docker-compose.yml', text: COMPOSE },
      { path: 'shop.yml', text: 'stack: shop\nservices: {web: {}}' },
      { path: 'bad.yml', text },
    ];
    expect(names(files, 'demo')).toEqual(expected);
  });

  test('a file whose text is not known may describe every service', () => {
    const bad = { path: 'bad.yml', text: '', fault: { what: 'cannot be read (EACCES)', hint: 'make it readable' } };
    const manifests = parseManifests([{ path: 'shop.yml', text: 'stack: shop\nservices: {web: {}}' }, bad]);
    expect(manifests.declarations).toEqual([]);
    expect(manifests.problems).toEqual([{ subject: 'bad.yml', ...bad.fault }]);
  });
});

describe('pictureOf() keeps the services of a folder', () => {
  const unit = (files: readonly ManifestFile[]): ManifestUnit => ({ name: 'demo', stack: 'demo', files });
  const compose = { path: 'demo/docker-compose.yml', text: COMPOSE };
  const rancher = (text: string) => ({ path: 'demo/rancher-compose.yml', text });
  const good = pictureOf([unit([compose, rancher(RANCHER)])], new Map());

  test.each([...BROKEN, ['nothing', ''] as const, ['blanks', ' \n\t\n'] as const])('if one file has %s', (_, text) => {
    const picture = pictureOf([unit([compose, rancher(text)])], good.declared);
    expect(Object.fromEntries(picture.declared)).toEqual(Object.fromEntries(good.declared));
    expect(picture.problems[0]?.subject).toContain('demo/rancher-compose.yml');
    // and still when the other file changes, and when the damage stays
    const changed = { ...compose, text: COMPOSE.replace('acme/store', 'acme/store, scale: 9') };
    const later = pictureOf([unit([changed, rancher(text)])], picture.declared);
    expect(Object.fromEntries(later.declared)).toEqual(Object.fromEntries(good.declared));
    // until it is repaired
    const repaired = pictureOf([unit([changed, rancher(RANCHER)])], later.declared);
    expect([repaired.problems, repaired.declared.get('service/demo/store')?.declaration.scale]).toEqual([[], 9]);
  });

  test('an empty file that changes nothing is no problem, and new services beside it are declared', () => {
    const first = pictureOf([unit([compose, rancher('')])], new Map());
    expect([first.problems, first.declared.size]).toEqual([[], 2]);
    const more = { ...compose, text: `${COMPOSE}more: {image: m}\n` };
    const second = pictureOf([unit([more, rancher('')])], first.declared);
    expect([second.problems, second.declared.size]).toEqual([[], 3]);
  });

  test('a file with a comment alone declares nothing, and so removes what it declared', () => {
    const picture = pictureOf([unit([compose, rancher('# nothing\n')])], good.declared);
    expect([picture.problems, picture.declared.get('service/demo/front')?.declaration.scale]).toEqual([[], null]);
  });

  test('a removed file is removed', () => {
    expect(
      pictureOf([unit([compose])], good.declared).declared.get('service/demo/front')?.declaration.scale,
    ).toBeNull();
    expect(pictureOf([], good.declared).declared.size).toBe(0);
  });

  test('services of other units follow their files', () => {
    const other = (text: string): ManifestUnit => ({ name: 'o.yml', stack: null, files: [{ path: 'o.yml', text }] });
    const before = new Map<string, Sourced>(good.declared);
    const picture = pictureOf([unit([compose, rancher('{{')]), other('stack: o\nservices: {x: {scale: 1}}')], before);
    expect([...picture.declared.keys()].sort()).toEqual(['service/demo/front', 'service/demo/store', 'service/o/x']);
  });
});

/** The names of the units that are the same objects in both lists. */
const same = (before: readonly ManifestUnit[], after: readonly ManifestUnit[]): readonly string[] =>
  after.filter((unit) => before.includes(unit)).map(({ name }) => name);

describe('a directory reader', () => {
  async function inDirectory(
    work: (dir: string, read: () => Promise<readonly ManifestUnit[]>) => Promise<void>,
  ): Promise<void> {
    const dir = await mkdtemp(join(tmpdir(), 'drover-manifests-'));
    const read = createDirectoryReader(dir);
    try {
      await work(dir, async () => (await read()) ?? []);
    } finally {
      await rm(dir, { recursive: true });
    }
  }

  test.each<[string, (path: string) => Promise<unknown>, string]>([
    [
      'bytes that are not UTF-8',
      (path) => writeFile(path, Buffer.from([0x66, 0x3a, 0xff, 0xfe])),
      'is not text in UTF-8',
    ],
    ['UTF-16', (path) => writeFile(path, '\ufeffa: {}', 'utf16le'), 'is not text in UTF-8'],
    ['a folder', (path) => mkdir(path), 'is a directory'],
    ['a pipe', (path) => execa('mkfifo', [path]), 'is not a regular file'],
    ['a link to nothing', (path) => symlink('/nowhere/at/all', path), 'cannot be read (ENOENT)'],
    ['a link to itself', (path) => symlink(path, path), 'cannot be read (ELOOP)'],
    ['3 MB', (path) => writeFile(path, Buffer.alloc(3e6, 0x20)), 'is larger than 2 MB'],
  ])('gives %s as a file with a fault, so nothing of its folder changes', (_, make, what) =>
    inDirectory(async (dir, read) => {
      await mkdir(join(dir, 'demo'));
      await writeFile(join(dir, 'demo', 'docker-compose.yml'), COMPOSE);
      await writeFile(join(dir, 'demo', 'rancher-compose.yml'), RANCHER);
      const before = pictureOf(await read(), new Map());
      expect(before.problems).toEqual([]);
      await rm(join(dir, 'demo', 'rancher-compose.yml'));
      await make(join(dir, 'demo', 'rancher-compose.yml'));
      const units = await read();
      expect(units[0]?.files[1]?.fault).toMatchObject({ what });
      expect(pictureOf(units, before.declared).declared).toEqual(before.declared);
    }),
  );

  test.each<[string, (path: string) => Promise<unknown>]>([
    ['is gone', async () => undefined],
    ['is empty', (path) => writeFile(path, '')],
    ['is cut off', (path) => writeFile(path, 'services: {base: {image: b, labels: {team')],
    ['is not UTF-8', (path) => writeFile(path, Buffer.from([0xff, 0xfe]))],
    ['is a folder', (path) => mkdir(path)],
    ['is another document', (path) => writeFile(path, '404: Not Found')],
  ])('a file that others extend or include and that %s', (_, make) =>
    inDirectory(async (dir, read) => {
      for (const [name, line] of [
        ['extending', 'services: {web: {extends: {file: common.yml, service: base}, scale: 1}, own: {image: o}}'],
        ['including', 'include: [common.yml]\nservices: {own: {image: o}}'],
      ] as const) {
        const [folder, common] = [join(dir, name), join(dir, name, 'common.yml')];
        await mkdir(folder);
        await writeFile(join(folder, 'compose.yml'), line);
        await writeFile(common, 'services: {base: {image: b, labels: {team: red}, health_check: {port: 80}}}');
        const before = pictureOf(await read(), new Map());
        expect(before.problems).toEqual([]);
        await rm(common);
        await make(common);
        const picture = pictureOf(await read(), before.declared);
        expect(Object.fromEntries(picture.declared)).toEqual(Object.fromEntries(before.declared));
        expect(picture.problems).not.toEqual([]);
        await rm(folder, { recursive: true });
      }
    }),
  );

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'a file that names itself and another under extends',
      {
        'common.yml': 'services: {common: {image: c}}',
        'compose.yml':
          'services: {web: {extends: {file: compose.yml, service: base}}, base: {extends: {file: common.yml, service: common}}}',
      },
      ['base', 'web'],
    ],
    [
      'a file that the first one refers to',
      {
        'base.yml': 'services: {base: {image: b}}',
        'compose.yml': 'services: {web: {extends: {file: ./base.yml, service: base}}}',
      },
      ['web'],
    ],
    [
      'files that refer to files that refer to files',
      {
        'a.yml': 'services: {a: {image: a}}',
        'b.yml': 'include: [a.yml]\nservices: {b: {image: b}}',
        'c.yml': 'include: [b.yml]\nservices: {c: {image: c}}',
      },
      ['a', 'b', 'c'],
    ],
  ])('reads once %s', (_, files, expected) =>
    inDirectory(async (dir, read) => {
      await mkdir(join(dir, 'demo'));
      for (const [name, text] of Object.entries(files)) await writeFile(join(dir, 'demo', name), text);
      const { declared, problems } = pictureOf(await read(), new Map());
      expect(problems).toEqual([]);
      expect([...declared.keys()].sort()).toEqual(expected.map((name) => `service/demo/${name}`));
    }),
  );

  test('files that begin to include each other in a circle keep their services', () =>
    inDirectory(async (dir, read) => {
      await mkdir(join(dir, 'demo'));
      await writeFile(join(dir, 'demo', 'a.yml'), 'services: {a: {image: a}}');
      await writeFile(join(dir, 'demo', 'b.yml'), 'include: [a.yml]\nservices: {b: {image: b}}');
      await writeFile(join(dir, 'demo', 'c.yml'), 'services: {c: {image: c}}');
      const before = pictureOf(await read(), new Map());
      expect([...before.declared.keys()]).toEqual(['service/demo/a', 'service/demo/b', 'service/demo/c']);
      await writeFile(join(dir, 'demo', 'a.yml'), 'include: [b.yml]\nservices: {a: {image: a}}');
      const picture = pictureOf(await read(), before.declared);
      expect(picture.declared).toEqual(before.declared);
      expect(picture.problems[0]?.what).toContain('includes itself');
    }));

  test('gives a unit that did not change as the same object, and a changed one as another', () =>
    inDirectory(async (dir, read) => {
      for (const folder of ['demo', 'shop']) {
        await mkdir(join(dir, folder));
        await writeFile(join(dir, folder, 'compose.yml'), 'include: [more/m.yml]\nservices: {w: {metadata_file: m}}');
        await mkdir(join(dir, folder, 'more'));
      }
      await writeFile(join(dir, 'none.yml'), 'stack: none\nservices: {}');
      await symlink('/nowhere/at/all', join(dir, 'lost'));
      const changes: readonly (() => Promise<unknown>)[] = [
        () => writeFile(join(dir, 'demo', 'more', 'm.yml'), 'services: {x: {image: x}}'),
        () => writeFile(join(dir, 'demo', 'm'), 'a: 1'),
        () => writeFile(join(dir, 'demo', 'm'), 'a: 2'),
        () => writeFile(join(dir, 'demo', 'more', '.env'), 'A=1'),
        () => writeFile(join(dir, 'demo', '.env'), 'A=1'),
        () => writeFile(join(dir, 'demo', 'rancher-compose.yml'), 'w: {scale: 1}'),
        () => writeFile(join(dir, 'demo', 'rancher-compose.yml'), Buffer.from([0xff])),
        () => rm(join(dir, 'demo', 'rancher-compose.yml')),
        () => rm(join(dir, 'demo', 'm')),
      ];
      let units = await read();
      for (const [index, change] of changes.entries()) {
        expect(same(units, await read())).toEqual(['demo', 'lost', 'none.yml', 'shop']);
        await change();
        const next = await read();
        expect([index, same(units, next)]).toEqual([index, ['lost', 'none.yml', 'shop']]);
        const picture = pictureOf(next, new Map(), pictureOf(units, new Map()).manifests);
        expect(picture).toEqual(pictureOf(next, new Map()));
        units = next;
      }
    }));

  test('variables of a file that cannot be read are not empty', () =>
    inDirectory(async (dir, read) => {
      await mkdir(join(dir, 'demo'));
      await writeFile(join(dir, 'demo', 'compose.yml'), `services: {web: {image: a, labels: {team: "${'$'}{TEAM}"}}}`);
      await writeFile(join(dir, 'demo', '.env'), 'TEAM=red');
      const before = pictureOf(await read(), new Map());
      expect(before.declared.get('service/demo/web')?.declaration.labels).toEqual({ team: 'red' });
      await writeFile(join(dir, 'demo', '.env'), Buffer.from([0xff]));
      const picture = pictureOf(await read(), before.declared);
      expect(picture.declared).toEqual(before.declared);
      expect(picture.problems.map(({ what }) => what)).toEqual(['needs .env, which is not text in UTF-8']);
    }));

  test('a link to a missing folder keeps its services', () =>
    inDirectory(async (dir, read) => {
      await mkdir(join(dir, '.elsewhere'));
      await symlink(join(dir, '.elsewhere'), join(dir, 'demo'));
      await writeFile(join(dir, 'demo', 'docker-compose.yml'), COMPOSE);
      const before = pictureOf(await read(), new Map());
      expect(before.declared.size).toBe(2);
      await rm(join(dir, '.elsewhere'), { recursive: true });
      const picture = pictureOf(await read(), before.declared);
      expect([picture.declared, picture.problems.length]).toEqual([before.declared, 1]);
    }));

  test('a service whose metadata file is not UTF-8 stays as it was', () =>
    inDirectory(async (dir, read) => {
      await writeFile(join(dir, 'm.json'), '{"a": 1}');
      await writeFile(join(dir, 'shop.yml'), 'stack: shop\nservices: {web: {metadata_file: m.json, scale: 1}}');
      const before = pictureOf(await read(), new Map());
      await writeFile(join(dir, 'm.json'), Buffer.from('{"a": "\xff"}', 'latin1'));
      const picture = pictureOf(await read(), before.declared);
      expect(picture.declared).toEqual(before.declared);
      expect(picture.problems.map(({ what }) => what)).toEqual(['(m.json) cannot be read']);
    }));
});

test('parseManifests() names the stacks whose services its files list, and its empty files', () => {
  const stacks = (text: string, stack?: string) => parseManifests([{ path: 'm.yml', text }], { stack }).stacks;
  expect(stacks('stack: Shop\nservices: {}')).toEqual(['shop']);
  expect(stacks('services: {web: {}}', 'demo')).toEqual(['demo']);
  expect(stacks('stack: shop\nservices: {web: {}}', 'demo')).toEqual(['shop']);
  expect(stacks('name: blog\nservices: {}')).toEqual(['blog']);
  expect(stacks('x-drover: {services: {web: {}}}\nservices:\n', 'demo')).toEqual(['demo']);
  for (const text of ['', '# nothing', 'stack: shop', 'stack: shop\nservices:', "version: '2'\nvolumes: {a: {}}"])
    expect([text, stacks(text, 'demo').filter((stack) => stack !== 'never')]).toEqual([text, []]);
  const files = ['', ' \n', '\ufeff', '# x', '{}', '---'].map((text, index) => ({ path: `${index}`, text }));
  expect(parseManifests(files, { stack: 's' }).emptyFiles).toEqual(['0', '1', '2']);
  expect(documentKey({ stack: 'S', name: 'Web' })).toBe('service/s/web');
});
