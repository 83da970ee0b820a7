import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/** Folder -> the folders it may import, besides itself. Components never import each other; ARCHITECTURE.md says why. */
const COMPONENT = ['model', 'view', 'reconcile', 'recognition', 'system', 'linux'];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  view: ['model'],
  system: [],
  reconcile: ['system', 'model'],
  linux: ['system', 'model'],
  recognition: ['model', 'view', 'system'],
  facts: ['model', 'system'],
  bus: ['model', 'facts', 'system'],
  sources: ['model', 'facts', 'system', 'bus'],
  state: ['model', 'facts', 'system', 'bus'],
  dns: COMPONENT,
  haproxy: ['model', 'system'],
  healthcheck: [...COMPONENT, 'facts', 'haproxy', 'replacement'],
  lb: [...COMPONENT, 'facts', 'haproxy'],
  replacement: ['model', 'system'],
  metadata: COMPONENT,
  overlay: COMPONENT,
  'resolv-conf': COMPONENT,
  template: COMPONENT,
  agent: [
    ...COMPONENT,
    ...[
      'facts',
      'bus',
      'sources',
      'state',
      'dns',
      'haproxy',
      'healthcheck',
      'lb',
      'metadata',
      'overlay',
      'replacement',
      'resolv-conf',
    ],
  ],
  cli: [...COMPONENT, 'facts', 'bus', 'sources', 'state', 'dns', 'lb', 'metadata', 'overlay', 'template', 'agent'],
};
/** Pure folders and files: no clock, no randomness, no node: module except node:net's isIP. */
const isPure = (file: string) =>
  /^(model|view|lb\/table)\//.test(file) || /\/(plan|render|resolve|tree)\.ts$/.test(file);
/** Sub-rooms that other folders may enter through their own index.ts. */
const ENTRANCES = /^(dns\/(metrics|native)|bus\/liveness|system\/yaml)$/;
const MAX_LINES = 300;

const files = Object.keys(MAY_IMPORT).flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));

function importsOf(file: string): readonly string[] {
  const text = sources.get(file) ?? '';
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

test('every import follows the layers and enters a folder through its index.ts', () => {
  const offences = files.flatMap((file) => {
    const from = file.split('/')[0] ?? '';
    return importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => normalize(join(dirname(file), specifier)))
      .filter((target) => {
        const to = target.split('/')[0] ?? '';
        if (to === from) return false;
        if (!MAY_IMPORT[from]?.includes(to)) return target !== 'package.json';
        return target !== `${to}/index.ts` && !(target.endsWith('/index.ts') && ENTRANCES.test(dirname(target)));
      })
      .map((target) => `${file} imports ${target}`);
  });
  expect(offences).toEqual([]);
});

/** Source files that a file imports. */
const dependenciesOf = (file: string): readonly string[] =>
  importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => normalize(join(dirname(file), specifier)))
    .filter((target) => sources.has(target));

/** The nodes that remain after removing, repeatedly, those without edges in or out: every circle is among them. */
function circlesIn(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  let nodes = new Set(edges.keys());
  for (let size = -1; size !== nodes.size; ) {
    size = nodes.size;
    const targets = new Set([...nodes].flatMap((node) => [...(edges.get(node) ?? [])]));
    nodes = new Set(
      [...nodes].filter((node) => targets.has(node) && [...(edges.get(node) ?? [])].some((to) => nodes.has(to))),
    );
  }
  return [...nodes];
}

test('no files import each other in a circle', () => {
  expect(circlesIn(new Map(files.map((file) => [file, new Set(dependenciesOf(file))])))).toEqual([]);
});

test('no rooms, at any depth, import each other in a circle', () => {
  const rooms = Map.groupBy(files, (file) => dirname(file));
  const edges = [...rooms].map(([room, own]): [string, ReadonlySet<string>] => {
    const targets = own.flatMap(dependenciesOf).map((target) => dirname(target));
    return [room, new Set(targets.filter((target) => target !== room))];
  });
  expect(circlesIn(new Map(edges))).toEqual([]);
});

test('pure files use no clock, no randomness and no node: module except isIP', () => {
  const impure =
    /\bDate\.now\(|new Date\(\)|\bperformance\.|Math\.random\(|\bprocess\.|\bsetTimeout\(|crypto\b.*random/;
  const offences = files.filter(isPure).flatMap((file) => {
    const modules = importsOf(file).filter((specifier) => specifier.startsWith('node:') && specifier !== 'node:net');
    const text = (sources.get(file) ?? '').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    return [...modules.map((name) => `${file} imports ${name}`), ...(impure.test(text) ? [`${file} is not pure`] : [])];
  });
  expect(offences).toEqual([]);
});

test('the image has every folder of the program', () => {
  const parts = /^ +for part in (.*); do$/m.exec(readFileSync('deploy/build-image', 'utf8'))?.[1]?.split(' ') ?? [];
  expect(Object.keys(MAY_IMPORT).filter((folder) => !parts.includes(folder))).toEqual([]);
});

test('modules with heavy dependencies are imported in one place only', () => {
  const places: Readonly<Record<string, string>> = { 'node:http': 'system/http.ts', dns2: 'dns/wire/dns2.ts' };
  const offences = files.flatMap((file) =>
    [...(sources.get(file) ?? '').matchAll(/^import (?!type )[^;]*? from '([^']+)'/gm)].flatMap(([, name = '']) =>
      places[name] === undefined ? [] : [`${file} imports ${name}: use ${places[name]}`],
    ),
  );
  expect(offences).toEqual([]);
});

test('a part that can be left out is imported once, where it is registered', () => {
  const importers = files.filter(
    (file) =>
      !file.startsWith('dns/kernel/') &&
      importsOf(file).some((specifier) => join(dirname(file), specifier).startsWith('dns/kernel/')),
  );
  expect(importers).toEqual(['dns/extensions.ts']);
});

test('only cli/ reads argv and the environment; files have at most 300 lines; there are no default exports', () => {
  const offences = files.flatMap((file) => {
    const text = sources.get(file) ?? '';
    return [
      ...(!file.startsWith('cli/') && /process\.(argv|env)\b/.test(text) ? [`${file} reads argv or env`] : []),
      ...(text.split('\n').length > MAX_LINES ? [`${file} has more than ${MAX_LINES} lines`] : []),
      ...(/^export default/m.test(text) ? [`${file} has a default export`] : []),
    ];
  });
  expect(offences).toEqual([]);
});
