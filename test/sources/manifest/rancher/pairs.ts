import fc from 'fast-check';

/** A docker-compose.yml and its rancher-compose.yml, in JSON, which is YAML. */
export interface Pair {
  readonly compose: string;
  readonly rancher: string;
}

type Keys = Readonly<Record<string, unknown>>;

const NAMES = ['web', 'api', 'store'] as const;
const some = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const list = <T>(value: fc.Arbitrary<T>, maxLength = 3) => fc.uniqueArray(value, { maxLength });
const labels = (entries: Record<string, fc.Arbitrary<string>>) => fc.record(entries, { requiredKeys: [] });

const port = some<string | number>('80', '81:8080', '443:80/tcp', '82/tcp', 83, '84:85', '86/udp');
const target = some(...['web', 'web:w', 'api: a', 'store', 'mail/smtp:relay', 'other/web']);
const spec = fc
  .array(
    some(
      ...['a.example.com', 'a.example.com:80', 'a.example.com:443/p=81', 'b.example.com/x/y', 'b.example.com=82'],
      ...['80', '8080', '443=90', '82/only', '/path=91', '/path', 'c.example.com:83=92', '*.example.com/z'],
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(', '));
const lbLabels = labels({
  'io.rancher.loadbalancer.target.web': spec,
  'io.rancher.loadbalancer.target.api': spec,
  'io.rancher.loadbalancer.target.mail/smtp': spec,
  'io.rancher.loadbalancer.ssl.ports': some('443', '80,443', '84'),
  'io.rancher.loadbalancer.proxy-protocol.ports': some('80', '81,82'),
  'io.rancher.service.selector.link': some('tier=front', 'a=b,c=d'),
  'io.rancher.scheduler.global': some('true'),
});
/** One name for each service that is linked. */
const links = list(target).map((all) =>
  all.filter((text, index) => all.findIndex((one) => head(one) === head(text)) === index),
);

function head(link: string): string {
  return link.split(':')[0] ?? '';
}

const keysOf = (keys: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Keys> =>
  fc.record(keys, { requiredKeys: [] });
const withImage = (image: fc.Arbitrary<string>, keys: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Keys> =>
  fc.tuple(image, keysOf(keys)).map(([name, more]) => ({ image: name, ...more }));

const ordinary = withImage(some('acme/app:1', 'rancher/lb-service-haproxy:v0.9.14', 'rancher/none'), {
  hostname: some('node1'),
  ports: list(port),
  links,
  external_links: some(['api:backend'], ['mail/smtp'], ['elsewhere'], ['store', 'mail/smtp:m']),
  labels: some({ tier: 'front' }, { 'io.rancher.service.selector.container': 'a=b' }),
});
const oldBalancer = withImage(some('rancher/load-balancer-service'), {
  ports: list(port, 4),
  expose: list(some('111:222', '9000', '222:333/tcp'), 2),
  links,
  labels: lbLabels,
});
const alias = fc
  .tuple(some('rancher/dns-service'), some(['web'], ['web', 'api:a'], ['store']))
  .map(([image, names]) => ({ image, links: names }));
const composeService = fc.oneof(
  { weight: 4, arbitrary: oldBalancer },
  { weight: 3, arbitrary: ordinary },
  { weight: 1, arbitrary: alias },
);

const rule = fc.record(
  {
    source_port: some<unknown>(80, '81', 0),
    target_port: some<unknown>(8080, '90', 0),
    protocol: some('http', 'https', 'tcp', 'sni', 'tls'),
    hostname: some('a.example.com', '*.b.example.com'),
    path: some('/p'),
    service: some('web', 'api', 'other/web'),
    priority: some(0, 1, 7),
    backend_name: some('be'),
  },
  { requiredKeys: ['source_port', 'target_port', 'protocol', 'service'] },
);
const policy = keysOf({
  name: some('p'),
  cookie: some('C'),
  indirect: fc.boolean(),
  nocache: fc.boolean(),
  mode: some('insert'),
});
const rancherService = keysOf({
  scale: some<unknown>(1, 3, '2'),
  retain_ip: fc.boolean(),
  health_check: fc.record(
    {
      port: some<unknown>(80, '8000'),
      interval: some(2000, 3000),
      healthy_threshold: some(2, 5),
      request_line: some('', 'GET / HTTP/1.0'),
    },
    { requiredKeys: ['port'] },
  ),
  metadata: some({ a: { b: [1, 'two'] } }, {}),
  upgrade_strategy: some({ start_first: true }),
  service_schemas: some({ thing: { resource_fields: {} } }),
  scale_policy: some({ min: 1, max: 3 }),
  external_ips: some(['192.0.2.1'], ['192.0.2.1', '2001:db8::9']),
  hostname: some('www.example.com'),
  lb_config: fc.record(
    {
      port_rules: list(rule, 2),
      certs: some(['c1'], ['c1', 'c2']),
      default_cert: some('main'),
      config: some('global\n  x\n'),
      stickiness_policy: policy,
    },
    { requiredKeys: ['port_rules'] },
  ),
  certs: some(['old1'], ['old1', 'old2']),
  default_cert: some('oldmain'),
  load_balancer_config: keysOf({
    name: some('lb'),
    haproxy_config: keysOf({ global: some('maxconn 1\n', 'a\nb'), defaults: some('mode http') }),
    lb_cookie_stickiness_policy: policy,
  }),
});
/** Rancher keys that say what a service is are seldom, or nothing else would be left. */
const rareKinds = rancherService.chain((keys) =>
  fc.integer({ min: 0, max: 9 }).map((die): Keys => {
    const { external_ips, hostname, lb_config, ...others } = keys;
    if (die < 5) return others;
    if (die < 7) return { ...others, ...(external_ips ? { external_ips } : { hostname: hostname ?? 'h.example.com' }) };
    return { ...others, ...(lb_config ? { lb_config } : {}) };
  }),
);

const services = fc.tuple(composeService, composeService).map(([one, two]) => ({
  ...Object.fromEntries(NAMES.map((name) => [name, { image: `acme/${name}` }])),
  one,
  two,
}));

/** Random pairs, for rancher-compose and Drover to read. */
export const anyPair: fc.Arbitrary<Pair> = fc
  .tuple(services, rareKinds, rareKinds, some('1', '2'), some('both', 'one', 'none'))
  .map(([compose, one, two, version, which]) => {
    const file = (all: Keys) => JSON.stringify(version === '2' ? { version, services: all } : all);
    return {
      compose: file(compose),
      rancher: which === 'none' ? '' : file(which === 'one' ? { one } : { '.catalog': { name: 'x' }, one, two }),
    };
  });
