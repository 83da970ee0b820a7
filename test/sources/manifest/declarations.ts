import fc from 'fast-check';
import {
  type BalancerHosts,
  type ExactJson,
  formatExactJson,
  type JsonValue,
  NO_RULE_OPTIONS,
  type ServiceDeclaration,
} from '../../../model/index.ts';

const name = fc.constantFrom('web', 'db', 'Cache', 'pay_ments', 'a.b');
const stack = fc.constantFrom('shop', 'Blog', 'x');
const text = fc.string({ minLength: 1, maxLength: 12 });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
/** Without what YAML integers or JSON do not keep. */
const json: fc.Arbitrary<JsonValue> = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false, '', 'yes', '~', '0x1', '<<', '$5', '1e3'),
    fc.integer(),
    text,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z.~<0-9-]{1,6}$/), tie('tree'), { maxKeys: 3, noNullPrototype: true }),
  ) as fc.Arbitrary<JsonValue>,
})).tree as fc.Arbitrary<JsonValue>;
const exact: fc.Arbitrary<ExactJson> = fc.oneof(json, fc.bigInt(2n ** 60n, 2n ** 80n), fc.constant(-(2n ** 64n)));
const labels = fc.dictionary(fc.stringMatching(/^[a-z.]{1,8}$/), text, { maxKeys: 3, noNullPrototype: true });
const link = fc.record({ target: fc.tuple(stack, name).map((parts) => parts.join('/')), alias: name });
const links = (minLength: number, maxLength: number) =>
  fc.uniqueArray(link, { minLength, maxLength, selector: ({ target, alias }) => `${target}:${alias}` });
const request = fc.record({
  port: fc.integer({ min: 1, max: 65_535 }),
  requestLine: orNull(fc.constantFrom('GET "/a" "HTTP/1.0"', 'OPTIONS /')),
  expectedStatus: fc.constant(null),
  exec: fc.constant(null),
});
const expecting = fc.record({
  port: fc.integer({ min: 1, max: 65_535 }),
  requestLine: fc.constant('GET /'),
  expectedStatus: fc.constantFrom('200', '200-299,304'),
  exec: fc.constant(null),
});
const command = fc.record({
  port: fc.constant(0),
  requestLine: fc.constant(null),
  expectedStatus: fc.constant(null),
  exec: fc.array(
    fc.string({ minLength: 1 }).filter((word) => word.trim() !== '' && !word.includes('\0')),
    { minLength: 1, maxLength: 3 },
  ),
});
const thresholds = fc.record({
  intervalMs: fc.integer({ min: 100, max: 60_000 }),
  responseTimeoutMs: fc.integer({ min: 1, max: 60_000 }),
  healthyThreshold: fc.integer({ min: 1, max: 9 }),
  unhealthyThreshold: fc.integer({ min: 1, max: 9 }),
  initializingTimeoutMs: orNull(fc.integer({ min: 0, max: 60_000 })),
  reinitializingTimeoutMs: orNull(fc.integer({ min: 0, max: 60_000 })),
  strategy: fc.constantFrom('none' as const, 'recreate' as const),
  recreateOnQuorum: fc.constant(null),
});
const healthCheck = fc
  .tuple(fc.oneof(request, expecting, command), thresholds)
  .map(([kind, rest]) => ({ ...kind, ...rest }));
const HASH = `$6$salt$${'x'.repeat(86)}`;
const ruleOptions = fc.record({
  proto: fc.constantFrom('h1' as const, 'https' as const),
  redirectHttps: fc.boolean(),
  gzip: fc.boolean(),
  basicAuth: fc.constantFrom([], [`anna:${HASH}`], [`anna:${HASH}`, `bert:${HASH}`]),
  maxBodyBytes: orNull(fc.integer({ min: 1, max: 9_999_999 })),
  serverTimeoutMs: orNull(fc.integer({ min: 1, max: 9_999_999 })),
  tunnelTimeoutMs: orNull(fc.integer({ min: 1, max: 9_999_999 })),
  forwarded: fc.boolean(),
  sendProxy: orNull(fc.constantFrom('v1' as const, 'v2' as const)),
  balance: orNull(fc.constantFrom('roundrobin' as const, 'leastconn' as const, 'source' as const)),
});
const portRule = fc.record({
  sourcePort: fc.integer({ min: 43, max: 65_535 }),
  protocol: fc.constant('http' as const),
  path: orNull(fc.constantFrom('/api', '/Api/')),
  pathMatch: fc.constantFrom('prefix' as const, 'segment' as const, 'exact' as const, 'regex' as const),
  hostname: orNull(fc.constantFrom('*.example.com', 'www.Example.com')),
  service: fc.tuple(stack, name).map((parts) => parts.join('/')),
  container: fc.constant<string | null>(null),
  targetPort: orNull(fc.integer({ min: 1, max: 65_535 })),
  priority: orNull(fc.integer({ min: 1, max: 9 })),
  backendName: orNull(fc.constant('be')),
  selector: fc.constant<string | null>(null),
  weight: fc.integer({ min: 0, max: 256 }),
  options: ruleOptions,
});
const rules = fc.array(
  fc.oneof(
    portRule,
    portRule.map((rule) => ({ ...rule, protocol: 'sni' as const, options: NO_RULE_OPTIONS })),
    portRule.map((rule) => ({ ...rule, service: null, container: 'web-1' })),
    portRule.map((rule) => ({ ...rule, service: null, selector: 'tier in (a, b)' })),
  ),
  { maxLength: 2 },
);
const balancerOptions = fc.record({
  hosts: fc.constantFrom<BalancerHosts[]>(
    { kind: 'all' },
    { kind: 'names', names: ['a', 'all'] },
    { kind: 'labels', labels: { role: 'edge', zone: '' } },
  ),
  target: fc.constantFrom('any' as const, 'only-local' as const, 'prefer-local' as const),
  skipTargetRules: fc.boolean(),
  accessLog: fc.boolean(),
  errorPage: orNull(fc.constant('<h1>Back</h1>\n<p>soon</p>')),
  drainTimeoutMs: orNull(fc.integer({ min: 0, max: 60_000 })),
});
const policy = fc.record({
  name: orNull(text),
  cookie: orNull(fc.constantFrom('C', 'J_SESSION-1')),
  domain: orNull(fc.constantFrom('example.com', '.example.com')),
  indirect: fc.boolean(),
  nocache: fc.boolean(),
  postonly: fc.boolean(),
  mode: orNull(fc.constantFrom('insert', 'rewrite', 'prefix')),
});
const lbConfig = fc.record({
  certs: fc.array(text, { maxLength: 2 }),
  defaultCert: orNull(text),
  config: orNull(fc.constant('backend be\n    balance leastconn\n')),
  stickinessPolicy: orNull(policy),
  portRules: rules,
  options: balancerOptions,
  sinceMs: fc.constant(null),
});
const plain = {
  stack,
  name,
  kind: fc.constant('service' as const),
  externalIps: fc.constant([]),
  hostname: fc.constant(null),
  links: links(0, 2),
  sidekicks: fc.uniqueArray(name, { maxLength: 2 }),
  healthCheck: orNull(healthCheck),
  lbConfig: orNull(lbConfig),
  labels,
  metadata: fc
    .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z~<.0-9]{1,6}$/), exact), { maxLength: 3, selector: ([key]) => key })
    .map((entries) => formatExactJson(new Map(entries))),
  scale: orNull(fc.integer({ min: 0, max: 99 })),
  ports: fc.array(fc.constantFrom('80', '8080:80/tcp'), { maxLength: 2 }),
  expose: fc.array(fc.constantFrom('80', '81'), { maxLength: 2 }),
  vip: orNull(fc.constantFrom('10.0.0.1', 'fd00::1')),
  options: fc.constantFrom(
    {},
    { answers: 'one' },
    { dns: { ttl: 3 } },
    { weight: 0, dns: { ttl: 0, prefer: 'local', txt: ['a', 'b c'] } },
    { answers: 'all', drain_timeout_ms: 5 },
  ),
};

/** `drain_timeout_ms` of a load balancer is also an option of its rules. */
function withDrainTimeout(one: ServiceDeclaration): ServiceDeclaration {
  const drainTimeoutMs = one.lbConfig?.options.drainTimeoutMs ?? (one.options.drain_timeout_ms as number | undefined);
  if (!one.lbConfig || drainTimeoutMs === undefined) return one;
  return { ...one, lbConfig: { ...one.lbConfig, options: { ...one.lbConfig.options, drainTimeoutMs } } };
}

/** Any declaration that a manifest can make. */
export const anyDeclaration: fc.Arbitrary<ServiceDeclaration> = fc.oneof(
  fc.record(plain),
  fc.record({ ...plain, kind: fc.constant('loadBalancerService' as const) }).map(withDrainTimeout),
  fc.record({
    ...plain,
    kind: fc.constant('dnsService' as const),
    links: links(1, 3),
  }),
  fc.record({
    ...plain,
    kind: fc.constant('externalService' as const),
    externalIps: fc.array(fc.constantFrom('192.0.2.1', '2001:db8::1'), { minLength: 1, maxLength: 2 }),
    hostname: orNull(fc.constant('www.example.com.')),
  }),
);
