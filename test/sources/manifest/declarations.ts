import fc from 'fast-check';
import {
  type ExactJson,
  formatExactJson,
  type JsonValue,
  NO_BALANCER_OPTIONS,
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
const portRule = fc.record({
  sourcePort: fc.integer({ min: 43, max: 65_535 }),
  protocol: fc.constantFrom('http' as const, 'sni' as const),
  path: orNull(fc.constant('/api')),
  pathMatch: fc.constant('prefix' as const),
  hostname: orNull(fc.constant('*.example.com')),
  service: fc.tuple(stack, name).map((parts) => parts.join('/')),
  container: fc.constant(null),
  targetPort: orNull(fc.integer({ min: 1, max: 65_535 })),
  priority: orNull(fc.integer({ min: 1, max: 9 })),
  backendName: orNull(fc.constant('be')),
  selector: fc.constant(null),
  weight: fc.integer({ min: 0, max: 256 }),
  options: fc.constant(NO_RULE_OPTIONS),
});
const policy = fc.record({
  name: orNull(text),
  cookie: orNull(text),
  domain: orNull(text),
  indirect: fc.boolean(),
  nocache: fc.boolean(),
  postonly: fc.boolean(),
  mode: orNull(text),
});
const lbConfig = fc.record({
  certs: fc.array(text, { maxLength: 2 }),
  defaultCert: orNull(text),
  config: orNull(fc.constant('backend be\n    balance leastconn\n')),
  stickinessPolicy: orNull(policy),
  portRules: fc.array(portRule, { maxLength: 2 }),
  options: fc.constant(NO_BALANCER_OPTIONS),
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

/** Any declaration that a manifest can make. */
export const anyDeclaration: fc.Arbitrary<ServiceDeclaration> = fc.oneof(
  fc.record(plain),
  fc.record({ ...plain, kind: fc.constant('loadBalancerService' as const) }),
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
