import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explainRequest } from '../../../lb/table/explain.ts';
import type { PortRule } from '../../../model/index.ts';
import { container, declaration } from '../../view/world.ts';
import { balancer, expectConsistent, rule, tableFrom } from './table-world.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.stringMatching(/^[a-z*./:[\](){}|\\^$+?=!,% -]{0,10}$/),
  fc.constantFrom('x.com', '*.x.com', '/a', 'shop/web', 'tier=front', '__proto__', 'constructor'),
);
const maybe = fc.option(text, { freq: 1 });
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-1, 0, 1, 256, 257, Number.MAX_VALUE),
);

const anyRule: fc.Arbitrary<PortRule> = fc
  .record({
    hostname: maybe,
    path: maybe,
    pathMatch: fc.constantFrom('prefix', 'segment', 'exact', 'regex'),
    protocol: fc.constantFrom(null, 'http', 'https', 'tcp', 'tls', 'sni', 'udp'),
    sourcePort: fc.constantFrom(null, 80, 443),
    service: fc.oneof(maybe, fc.constant('shop/web')),
    container: maybe,
    selector: maybe,
    backendName: maybe,
    priority: fc.option(number),
    weight: number,
  })
  .map((changes) => rule(changes));

test('Q34 whatever a rule or a label says, it gives a sound table, and the rules of others stay', () => {
  const labels = fc.dictionary(
    fc.constantFrom(
      'drover.lb.host',
      'drover.lb.a.path',
      'drover.lb.entry',
      'drover.lb.b.path_match',
      'drover.lb.sticky',
      'drover.weight',
    ),
    text,
  );
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 4 }), labels, text, (rules, labelled, config) => {
      const table = tableFrom({
        containers: [container('w', 'shop/web', '10.42.1.1', { labels: labelled })],
        declarations: [
          declaration('shop/api'),
          balancer('a/good', [rule({ sourcePort: 8080, service: 'shop/api' })], { sinceMs: null }),
          balancer('b/fuzz', rules, { sinceMs: 1, config, certs: [config] }),
        ],
      });
      expectConsistent(table);
      for (const { name } of table.backends) expect(name).toMatch(/^[\w.:-]{1,200}$/);
      expect(table.listeners.find(({ port }) => port === 8080)?.rules.map(({ name }) => name)).toContain('a/good#1');
      for (const { service, subject, what, hint } of table.problems) {
        expect([service, subject, what, hint].every((part) => part !== '')).toBe(true);
      }
      explainRequest(table, { port: 80, host: config, path: config, protocol: null });
    }),
    { numRuns: 300 },
  );
});
