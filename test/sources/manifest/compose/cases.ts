import type { ComposeCase } from './reading.ts';

const D = '$';
let count = 0;
const labels = (...lines: readonly string[]): string =>
  `name: shop\nservices:\n  web:\n    image: acme/web\n    labels:\n${lines.map((line) => `      ${line}\n`).join('')}`;
const one = (text: string, more: Omit<ComposeCase, 'files'> = {}): ComposeCase => ({
  files: { 'compose.yml': text },
  ...more,
});
const OVER = ['compose.yml', 'compose.override.yml'];
const over = (base: string, override: string): ComposeCase => ({
  files: { 'compose.yml': `name: shop\nservices:\n${base}`, 'compose.override.yml': `services:\n${override}` },
  named: OVER,
});

/** Projects that Compose accepts: Drover must read the same, with no problem and the same unset variables. */
export const ACCEPTED: Readonly<Record<string, ComposeCase>> = {
  'plain scalars': one(
    labels(
      ...'0777|1_000|1.10|1e3|1e6|1e21|yes|True|~|0x1F|0b11|22:22|12345678901234567890|0o17|08|+1|.5|1.|-0|-0.0|on|1e999|-0x10|1e-7'.split(
        '|',
      ),
      ...'0.1e-10|123456789.0|1234567.5|-.5|1__0|_1|NULL|y|N|2020-01-02|2020-01-02 3:04:05|2020-01-02T03:04:05.120Z|2020-13-40'.split(
        '|',
      ),
      ...'2020-01-02T03:04:05+02:00|-9223372036854775809|!!str 80|!!int "3"|!!binary aGVsbG8=|!own 80|"null"|00|0X1f|1.5_0|0b2|9007199254740993'.split(
        '|',
      ),
      '|\n        two\n        lines',
      '>-\n        folded\n        text',
    )
      .replaceAll(/^ {6}(?! )/gm, '      KEY: ')
      .replaceAll('KEY', () => `k${++count}`),
  ),
  'labels as a list': one(labels('- a=1', '- b', '- c=x=y', '- "d= e"', '- f=', '- a.b=yes')),
  'a version 3 file': one(
    `version: "3.8"\nname: shop\nservices:\n  web: {image: a, labels: {a: b}}\nvolumes: {data: }\nnetworks: {back: {}}\n`,
  ),
  'merge keys and anchors': one(
    'name: shop\nx-base: &base {a: 1, b: 1}\nx-more: &more {b: 2, c: 0777}\nservices:\n  web: &web\n    image: a\n    labels: {<<: [*base, *more], a: 3}\n    expose: &e ["80"]\n  api:\n    <<: *web\n    labels: *more\n  db: {image: b, expose: *e, labels: {<<: *base}}\n',
  ),
  variables: one(
    labels(
      `a: ${D}{SET}`,
      `b: ${D}SET-${D}{SET}`,
      `c: ${D}{NONE:-d}`,
      `d: ${D}{EMPTY:-d}`,
      `e: "${D}{EMPTY-d}"`,
      `f: ${D}{SET:+on}`,
      `g: "${D}{NONE+on}"`,
      `h: ${D}{NONE:-${D}{NEITHER:-${D}{SET}}}`,
      `i: '${D}{NONE:-{"a":1}}'`,
      `j: '${D}{NONE:-{}}'`,
      `k: 5${D} or ${D}1`,
      `l: ^x${D}`,
      `m: ${D}${D}SET`,
      `n: ${D}${D}${D}SET`,
      `o: ${D}NOT_SET`,
      `p: "${D}{NOT_SET}"`,
      `q: ${D}{NONE:-a b} }`,
      `r: ${D}(x)`,
      `s: "${D}{NONE:-${D}${D}}"`,
      `t: ${D}{SET:?why}`,
      `u: "${D}{EMPTY?x}"`,
      `v: ${D}-`,
      `w: "a{${D}SET}"`,
      `x: '${D}{NONE-{}'`,
      `y: ${D}{NONE:-{{x}}}`,
      `z: ${D}SETé`,
      `za: "${D}{NONE:-}{x}"`,
      `zb: ${D}_x`,
      `"${D}{SET}": key`,
      `zc: ${D}{SET:+${D}{SET}2}`,
      `zd: "${D}{COMPOSE_PROJECT_NAME}"`,
    ),
    { env: { SET: 'set', EMPTY: '' } },
  ),
  'variables in lists and names': one(
    `name: ${D}{PROJECT:-shop}-${D}{NONE:-x}\nservices:\n  web:\n    image: a:${D}{TAG}\n    ports: ["${D}{PORT:-80}:80"]\n    expose: ["${D}PORT2"]\n    links: ["${D}{DB:-db}:database"]\n    labels: ["a=${D}{PORT2}"]\n  db: {image: b}\n`,
    { env: { PORT2: '81' } },
  ),
  'a name from the environment': one('name: other\nservices: {web: {image: a}}\n', {
    env: { COMPOSE_PROJECT_NAME: 'shop' },
  }),
  'a name given with -p': one('name: other\nservices: {web: {image: a}}\n', {
    stack: 'shop',
    env: { COMPOSE_PROJECT_NAME: 'x' },
  }),
  'the last name counts': {
    files: {
      'compose.yml': 'name: first\nservices: {web: {image: a}}\n',
      'compose.override.yml': 'name: second\nservices: {web: {labels: {a: b}}}\n',
    },
    named: OVER,
  },
  '.env': {
    files: {
      'compose.yml': labels(
        ...'ABCDEFGHIJKLMNOPQRSTUV'.split('').map((letter) => `${letter}: "${D}{${letter}-unset}"`),
      ),
      '.env': `A=north # side
B=a#b
C='a # c' # d
D="a # c"
export E=e
F: f
G = g
  H=h
# I=i
J='${D}A'
K="${D}A\\n\\t\\"\\\\q\\${D}x"
L="two
lines"
M=a\\nb
N=
O=${D}{A}x
P=${D}{NONE:-p}
Q=first
Q=second
R=a=b
S=it's

T=${D}${D}
GIVEN=file
U=${D}GIVEN
V='a\\'b'
`,
    },
    env: { GIVEN: 'env' },
  },
  'the environment wins over .env': {
    files: { 'compose.yml': labels(`a: ${D}A`), '.env': 'A=file\nCOMPOSE_PROJECT_NAME=named\n' },
    env: { A: 'env' },
  },
  'lists and labels of several files': over(
    '  web: {image: a, links: [db], ports: ["80:80", "82:82"], expose: ["80"], labels: {a: 1, b: 1}, external_links: [x]}\n  db: {image: b}\n  cache: {image: c}\n',
    '  web:\n    links: [cache, db]\n    ports: ["81:81", "80:80/tcp", {target: 90, published: 91}]\n    expose: [81, "80"]\n    labels: [b=2, c=3]\n    external_links: ["db:database"]\n',
  ),
  'null in a later file': over('  web: {image: a, labels: {a: 1}, expose: ["80"]}\n', '  web: {labels: , expose: }\n'),
  '!override and !reset': over(
    '  web: {image: a, labels: {a: 1, b: 2}, expose: ["80"], ports: ["80:80"], links: [db]}\n  db: {image: b, labels: {a: 1, b: 2}}\n  gone: {image: c}\n',
    '  web: {expose: !reset null, labels: !override {c: 3}, ports: !override ["81:81"], links: !reset []}\n  db: {labels: {a: !reset null, c: 3}}\n  gone: !reset null\n',
  ),
  '!override on a service': over(
    '  web: {image: a, labels: {a: 1}, expose: ["80"]}\n',
    '  web: !override {image: b, labels: {b: 2}}\n',
  ),
  'extends in a file': one(
    'name: shop\nservices:\n  base: {image: a, labels: {a: 1, b: 1}, expose: ["80"], links: [db], ports: ["80:80"]}\n  middle: {extends: base, labels: {b: 2}}\n  web: {extends: {service: middle}, labels: [c=3], expose: [81], ports: ["81:81"]}\n  db: {image: b}\n',
  ),
  'extends across files': {
    files: {
      'compose.yml': `name: shop\nservices:\n  web: {extends: {file: parts/base.yml, service: "${D}{WHICH:-base}"}, labels: {b: 2}}\n  db: {image: b}\n`,
      'parts/base.yml': `services:\n  base: {extends: {file: deep/root.yml, service: root}, labels: {a: "${D}{A:-1}"}, links: [db]}\n`,
      'parts/deep/root.yml': 'services:\n  root: {image: a, labels: {a: 0, root: yes}, expose: ["80"]}\n',
    },
  },
  'extends in a later file': {
    files: {
      'compose.yml': 'name: shop\nservices: {web: {image: a, labels: {a: 1}, expose: ["80"]}}\n',
      'sub/over.yml': 'services: {web: {extends: {file: base.yml, service: base}, labels: {c: 3}}}\n',
      'base.yml': 'services: {base: {image: b, labels: {a: 2, b: 2}, expose: ["81"]}}\n',
    },
    named: ['compose.yml', 'sub/over.yml'],
  },
  include: {
    files: {
      'compose.yml': `name: shop\ninclude: [sub/compose.yml, "${D}{MORE:-more}.yml"]\nservices: {web: {image: a, labels: {a: "${D}{A}"}, links: [db]}}\n`,
      'sub/compose.yml': `name: other\ninclude: [deep.yml]\nservices: {db: {image: b, labels: {a: "${D}{A}", n: "${D}{COMPOSE_PROJECT_NAME}"}, expose: ["80"]}}\n`,
      'sub/deep.yml': 'services: {deep: {image: c, extends: {service: base, file: base.yml}}}\n',
      'sub/base.yml': 'services: {base: {image: c, labels: {d: e}}}\n',
      'sub/.env': 'A=sub\n',
      'more.yml': 'services: {more: {image: d}}\n',
    },
  },
  'include in the long form, changed by a later file': {
    files: {
      'compose.yml':
        'name: shop\ninclude:\n- {path: [sub/a.yml, sub/b.yml], env_file: [one.env, two.env], project_directory: .}\nservices: {web: {image: a}}\n',
      'compose.override.yml': 'services: {db: {labels: {c: 3}, expose: ["82"]}}\n',
      'sub/a.yml': `services: {db: {image: b, labels: {a: "${D}{A}${D}{B}"}, expose: ["80"]}}\n`,
      'sub/b.yml': 'services: {db: {labels: {b: 2}, expose: ["81"]}}\n',
      'one.env': 'A=1\nB=1\n',
      'two.env': 'B=2\n',
    },
    named: OVER,
  },
  'profiles, extensions and parts that Drover ignores': one(`name: shop
x-any: {a: 12345678901234567890123}
services:
  web:
    image: a
    profiles: [debug]
    x-any: {b: 1e400}
    environment: {N: 9223372036854775807, M: "${D}{NONE:-}"}
    labels: {a: b}
    deploy: {labels: {c: d}}
    healthcheck: {test: [CMD, "true"]}
volumes: {data: {labels: {e: 1_0}}}
`),
  'ports in all forms': one(
    'name: shop\nservices:\n  web:\n    image: a\n    expose: [80, "81/udp"]\n    ports: [80, "81", "82:83", "84:85/udp", "127.0.0.1:86:87", {target: 88}, {target: 89, published: "90", protocol: udp, host_ip: 127.0.0.1}]\n',
  ),
};

/** Projects that Compose refuses: Drover names a problem, too, which begins with this. */
export const REFUSED: Readonly<Record<string, ComposeCase & { readonly problem: RegExp }>> = {
  'a required variable': {
    ...one(labels(`a: ${D}{NONE:?say which}`)),
    problem: /^compose.yml:5 services.web.labels: .*NONE.*say which/,
  },
  'a reference that is not complete': {
    ...one(labels(`a: ${D}{NONE`)),
    problem: /^compose.yml:5 services.web.labels: .*not complete/,
  },
  'an extended service that is not there': {
    ...one('name: s\nservices: {web: {extends: base}}\n'),
    problem: /extends: .*base/,
  },
  'an extended file that is not there': {
    ...one('name: s\nservices: {web: {extends: {service: a, file: no.yml}}}\n'),
    problem: /extends: \(no.yml\) cannot be read/,
  },
  'a circle of extends': {
    ...one('name: s\nservices: {a: {extends: b}, b: {extends: a}}\n'),
    problem: /extends itself/,
  },
  'an included file that is not there': {
    ...one('name: s\ninclude: [no.yml]\nservices: {web: {image: a}}\n'),
    problem: /^compose.yml:2 include.0: \(no.yml\) cannot be read/,
  },
  'a circle of includes': {
    ...one('name: s\ninclude: [compose.yml]\nservices: {web: {image: a}}\n'),
    problem: /includes itself/,
  },
  'a service that is included, too': {
    files: {
      'compose.yml': 'name: s\ninclude: [a.yml]\nservices: {web: {image: a}}\n',
      'a.yml': 'services: {web: {image: b}}\n',
    },
    problem: /^compose.yml:3 services.web: is also in a.yml/,
  },
  'an environment file that is not valid': {
    files: { 'compose.yml': labels('a: b'), '.env': 'A=1\nB C=2\n' },
    problem: /^\.env:2: is not an assignment/,
  },
  'a required variable in the name': {
    ...one(`name: ${D}{NONE?x}\nservices: {web: {image: a}}\n`),
    problem: /^compose.yml:1 name: .*NONE/,
  },
  'a key twice with other values': {
    ...one(labels('a: 1', 'a: 2')),
    problem: /^compose.yml:7 services.web.labels.a: is there twice/,
  },
};
