import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatProblem } from '../../../model/index.ts';
import { parseManifests, USED_KEYS } from '../../../sources/manifest/index.ts';

/** For each key that Drover reads, values that mean something. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  external_ips: [['192.0.2.1']],
  hostname: ['www.example.com'],
  health_check: [{ port: 8000 }, { port: '81', interval: 5000, strategy: 'none' }],
  lb_config: [
    { port_rules: [{ source_port: 80, service: 'other' }], certs: ['inner'] },
    { port_rules: [{ target_port: 90, hostname: 'a.example.com' }] },
    { default_cert: 'inner', config: 'global\n  x' },
  ],
  lb: [{ host: 'x.example.com' }, { api: { path: '/api', port: 90 } }],
  certs: [['outer']],
  default_cert: ['outer'],
  load_balancer_config: [{ haproxy_config: { global: 'x' } }, { lb_cookie_stickiness_policy: { cookie: 'C' } }],
  metadata: [{ a: 1 }],
  metadata_file: ['m.json'],
  scale: [3, '2'],
  drain_timeout_ms: [5],
  service_links: [['other:s']],
  image: ['rancher/dns-service', 'rancher/load-balancer-service', 'rancher/external-service'],
  labels: [
    { a: 'b' },
    ['a=b'],
    { 'io.rancher.service.selector.link': 'x=y' },
    { 'io.rancher.loadbalancer.ssl.ports': '80' },
  ],
  links: [['other:l'], { other: 'l' }],
  external_links: [['far/away'], ['other:x'], ['container']],
  ports: [['80:8080'], ['81']],
  expose: [['90']],
  kind: ['loadBalancerService', 'externalService', 'dnsService'],
  alias_of: ['other', ['other', 'far/aside']],
  sidekicks: [['helper']],
  vip: ['192.0.2.99'],
  answers: ['one'],
  weight: [7],
  dns: [{ ttl: 3 }],
};

/** These determine the kind, and other keys may do so, too. */
const OF_KIND: ReadonlySet<string> = new Set(['kind', 'image']);

const keys = fc.record(
  Object.fromEntries(Object.entries(VALUES).map(([key, values]) => [key, fc.constantFrom(...values)])),
  { requiredKeys: [] },
);
/** Few keys at once, because most combinations are refused. */
const service = fc
  .tuple(keys, fc.subarray(Object.keys(VALUES), { minLength: 1, maxLength: 6 }))
  .map(([all, chosen]) => Object.fromEntries(Object.entries(all).filter(([key]) => chosen.includes(key))));

test('each key that Drover reads has values here', () => {
  const used = USED_KEYS.map(({ key }) => key).filter((key) => key !== 'extends');
  expect(Object.keys(VALUES).sort()).toEqual(used.sort());
});

test.each(['docker-compose.yml', 'rancher-compose.yml', 'native'])(
  'in %s, each key is in the declaration, a note or a problem',
  (name) => {
    const read = (given: Readonly<Record<string, unknown>>) => {
      const services = { x: given, other: { image: 'o', x: undefined } };
      const text = JSON.stringify(name === 'native' ? { stack: 's', services } : services);
      const attached = { 'm.json': '{"file": true}' };
      const manifests = parseManifests([{ path: name, text, attached }], { stack: 's' });
      const said = [...manifests.problems, ...manifests.ignored]
        .map(formatProblem)
        .filter((line) => !line.includes('other'));
      return {
        declaration: JSON.stringify(manifests.declarations.find((one) => one.name === 'x') ?? null),
        said,
        manifests,
      };
    };
    fc.assert(
      fc.property(service, (given) => {
        const { declaration, said, manifests } = read(given);
        if (manifests.problems.length > 0) return;
        for (const key of Object.keys(given).filter((one) => !OF_KIND.has(one))) {
          const { [key]: _, ...rest } = given;
          const without = read(rest);
          // Without the key something else is declared, or nothing can be.
          const counts = without.declaration !== declaration;
          const isNamed = said.some((line) => line.includes(`.${key}`) || line.includes('without rules'));
          expect([key, counts || isNamed, given, said]).toEqual([key, true, given, said]);
        }
      }),
      { numRuns: 800, seed: 4 },
    );
  },
);
