import fc from 'fast-check';
import type { ComposeCase } from './reading.ts';

const SEED = 20_261_130;

/** The same values in each run. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): readonly T[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns: count });
}

const joined = (tokens: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...tokens), { minLength: 1, maxLength }).map((parts) => parts.join(''));

const D = '$';

/** Texts with references, complete or not. */
export const anyReference = joined(
  [
    `${D}{`,
    `${D}{SET`,
    `${D}{NONE`,
    `${D}{EMPTY`,
    '}',
    '}',
    '}',
    D,
    `${D}SET`,
    '{',
    ':-',
    '-',
    ':+',
    '+',
    '?',
    'x',
    ' ',
    '"',
    `${D}${D}`,
    '_1',
    'é',
  ],
  7,
);

/** Plain scalars that are, or nearly are, numbers, dates, booleans and nulls. */
export const anyScalar = joined(
  [
    '0',
    '1',
    '7',
    '9',
    '12',
    '.',
    'e',
    'E',
    '+',
    '-',
    '_',
    '0x',
    '0b',
    '0o',
    'f',
    '2020',
    '-01',
    '-1',
    'T10:00:00',
    ' 3:04:05',
    'Z',
    '.5',
    'null',
    'true',
    'True',
    'yes',
    'off',
    '~',
    'y',
    '000000',
  ],
  5,
).filter((text) => /^[\w+.~-][\w+.~: -]*$/.test(text) && !/^[-?:] |: |:$|^-+$/.test(text));

/** Lines of an environment file. */
export const anyEnvLine = joined(
  [
    'A',
    'B',
    'export ',
    '=',
    '=',
    ':',
    ' ',
    '"',
    "'",
    `${D}SET`,
    `${D}{NONE:-n}`,
    '#',
    ' # ',
    'x',
    '\\',
    '\\n',
    `\\${D}`,
    '\t',
  ],
  9,
);

const key = fc.constantFrom('a', 'b', 'c', 'd.e');
const scalar = fc.constantFrom(
  '0777',
  '1.50',
  'yes',
  '~',
  '"x"',
  'text',
  `${D}SET`,
  `"${D}{NONE:-${D}{SET}}"`,
  '2020-01-02',
  '1e6',
  `5${D}`,
);
const labels = fc.oneof(
  fc.dictionary(key, scalar, { maxKeys: 3 }).map(
    (map) =>
      `{${Object.entries(map)
        .map(([name, value]) => `${name}: ${value}`)
        .join(', ')}}`,
  ),
  fc.uniqueArray(key, { maxLength: 3 }).map((keys) => `[${keys.map((name) => `"${name}=${D}{SET}1"`).join(', ')}]`),
);
const list = (...items: readonly string[]) =>
  fc.uniqueArray(fc.constantFrom(...items), { maxLength: 3 }).map((some) => `[${some.join(', ')}]`);
const ports = list(
  '"80:80"',
  '81',
  '"82:82/udp"',
  '"80:80/tcp"',
  '{target: 90, published: 91}',
  `"${D}{PORT:-83}:83"`,
  '"127.0.0.1:84:84"',
);
const expose = list('"80"', '81', '"82/udp"', `"${D}{PORT:-83}"`);
const links = list('db', '"db:database"', '"cache:memory"', `"${D}{LINK:-cache}"`);
const tag = fc.constantFrom('', '', '', '!override ', '!reset ');

interface ServiceText {
  readonly labels: string | null;
  readonly ports: string | null;
  readonly expose: string | null;
  readonly links: string | null;
  readonly tags: readonly string[];
  readonly extends: string | null;
}

const service: fc.Arbitrary<ServiceText> = fc.record({
  labels: fc.option(labels),
  ports: fc.option(ports),
  expose: fc.option(expose),
  links: fc.option(links),
  tags: fc.tuple(tag, tag, tag, tag),
  extends: fc.option(
    fc.constantFrom('{file: parts/base.yml, service: base}', '{file: parts/base.yml, service: other}', 'common'),
    { freq: 3 },
  ),
});

function serviceText(
  one: ServiceText,
  { tagged, extended }: { readonly tagged: boolean; readonly extended: boolean },
): string {
  const lines = (['labels', 'ports', 'expose', 'links'] as const).flatMap((name, index) =>
    one[name] === null ? [] : [`    ${name}: ${tagged ? one.tags[index] : ''}${one[name]}\n`],
  );
  return ['    image: x\n', ...lines, ...(extended && one.extends ? [`    extends: ${one.extends}\n`] : [])].join('');
}

/** Projects of several files with `extends`, `include`, tags, variables and all forms of lists. */
export const anyProject: fc.Arbitrary<ComposeCase> = fc
  .record({
    web: service,
    common: service,
    override: service,
    base: service,
    other: service,
    included: service,
    set: fc.boolean(),
    includes: fc.boolean(),
  })
  .map(({ web, common, override, base, other, included, set, includes }) => {
    const base0 = { tagged: false, extended: false };
    const backing = '  db: {image: x}\n  cache: {image: x}\n';
    const include = includes ? 'include: [inc/compose.yml]\n' : '';
    return {
      files: {
        'compose.yml': `name: shop\n${include}services:\n${backing}  common:\n${serviceText(common, base0)}  web:\n${serviceText(web, { tagged: false, extended: true })}`,
        'over.yml': `services:\n  common: {labels: {z: 1}}\n  web:\n${serviceText(override, { tagged: true, extended: override.extends !== 'common' })}`,
        'parts/base.yml': `services:\n  base:\n${serviceText(base, base0)}  other:\n    extends: base\n${serviceText(other, base0)}`,
        'inc/compose.yml': `services:\n  included:\n${serviceText({ ...included, links: null }, base0)}`,
        'inc/.env': 'SET=inner\nPORT=99\n',
      },
      named: ['compose.yml', 'over.yml'],
      env: set ? { SET: 'set' } : {},
    };
  });

/** A project with these labels. */
export function withLabels(texts: readonly string[], quoted: boolean): string {
  const lines = texts.map((text, index) => `      k${index}: ${quoted ? JSON.stringify(text) : text}\n`);
  return `name: shop\nservices:\n  web:\n    image: x\n    labels:\n${lines.join('')}`;
}
