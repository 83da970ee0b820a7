import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRenderer } from '../../../lb/render/index.ts';
import type { LbTable } from '../../../lb/table/table.ts';
import { backend, listener, rule, SETTINGS, server, table } from '../render/tables.ts';

const SHOP: LbTable = table({
  listeners: [
    listener(80, { balancers: ['shop/front'], rules: [rule('shop/front#1', { backend: 'web' })] }),
    listener(81, {
      balancers: ['shop/other'],
      rules: [rule('shop/other#1', { balancer: 'shop/other', backend: 'theirs' })],
    }),
    listener(82, { balancers: ['shop/front', 'shop/other'], rules: [rule('shop/front#2', { backend: 'web' })] }),
  ],
  backends: [
    backend('theirs', { balancer: 'shop/other', servers: [server('10.0.0.1', 80)] }),
    backend('web', { servers: [server('10.0.0.2', 80)] }),
  ],
});

const LINES = [
  ...[
    'global',
    'defaults',
    'backend',
    'backend web',
    'backend theirs',
    'backend own',
    'frontend 80',
    'frontend 81',
    'frontend 82',
  ],
  ...[
    'frontend 83',
    'listen x',
    'userlist u',
    'program p',
    'maxconn 10',
    'timeout client 1s',
    'retries 1',
    'mode tcp',
    'bind :81',
  ],
  ...[
    'balance source',
    'server $IP maxconn 1',
    'server x 10.0.0.9:80',
    'http-request deny',
    'use_backend theirs',
    '# remark',
    '.if 1',
  ],
  ...[
    'frontend',
    'defaults drover',
    'frontend 81 from x',
    'backend "theirs"',
    "backend 'theirs'",
    'Frontend 81',
    '"frontend" 81',
  ],
];
const ownText = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...LINES) }, fc.string({ maxLength: 12 })), { maxLength: 20 })
  .chain((lines) => fc.constantFrom('\n', '\r\n', '\n  ', '\n\t').map((separator) => lines.join(separator)));

/** Sections by their first line; each without the lines for people. */
function sectionsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const sections = new Map<string, string[]>();
  let section: string[] = [];
  for (const line of lines) {
    if (!line.startsWith(' ')) {
      expect(sections.has(line), `twice: ${line}`).toBe(false);
      section = [];
      sections.set(line, section);
    }
    section.push(line);
  }
  return sections;
}

test('Q34 own text of a balancer changes nothing of the others', async () => {
  const render = createRenderer();
  const plain = sectionsOf((await render(SHOP, SETTINGS)).files.get('haproxy.cfg') ?? '');
  await fc.assert(
    fc.asyncProperty(ownText, async (text) => {
      const lb = { ...SHOP, customConfigs: [{ balancer: 'shop/front', text }] };
      const sections = sectionsOf((await render(lb, SETTINGS)).files.get('haproxy.cfg') ?? '');
      for (const title of [
        'defaults drover',
        'frontend 81 from drover',
        'frontend 82 from drover',
        'backend theirs from drover',
      ])
        expect(sections.get(title)).toEqual(plain.get(title));
      const global = (all: ReadonlyMap<string, readonly string[]>) =>
        (all.get('global') ?? []).filter((line) => !/^ {2}(description|maxconn) /.test(line));
      expect(global(sections)).toEqual(global(plain));
      const others = [...sections.keys()].filter((title) => / (81|82|theirs)( |$)/.test(title));
      expect(others).toHaveLength(3);
    }),
    { numRuns: 300 },
  );
});
