import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { componentStatusSchema } from '../../facts/component-status.ts';
import { containerSchema } from '../../facts/container.ts';
import { declarationSchema } from '../../facts/declaration.ts';
import { exactSchema } from '../../facts/exact-schema.ts';
import { hostSchema } from '../../facts/host.ts';
import { livenessSchema } from '../../facts/liveness.ts';
import { networkSchema } from '../../facts/network.ts';
import {
  type JsonValue,
  type LoadBalancerConfig,
  NO_BALANCER_OPTIONS,
  NO_RULE_OPTIONS,
  sameJson,
} from '../../model/index.ts';
import { container, declaration, host, network } from '../state/facts.ts';

const LB: LoadBalancerConfig = {
  certs: ['main'],
  defaultCert: null,
  config: null,
  stickinessPolicy: {
    name: null,
    cookie: 'C',
    domain: null,
    indirect: true,
    nocache: false,
    postonly: false,
    mode: 'insert',
  },
  portRules: [
    {
      number: 2,
      sourcePort: 80,
      protocol: 'http',
      path: '/',
      pathMatch: 'exact',
      hostname: null,
      service: 's/w',
      container: null,
      targetPort: 80,
      priority: null,
      backendName: null,
      selector: null,
      weight: 1,
      options: { ...NO_RULE_OPTIONS, basicAuth: ['anna:x'], sendProxy: 'v2', maxBodyBytes: 5 },
    },
  ],
  options: { ...NO_BALANCER_OPTIONS, hosts: { kind: 'labels', labels: { role: 'edge' } }, drainTimeoutMs: 5 },
  sinceMs: 7,
};

const GOOD: readonly (readonly [string, z.ZodType, JsonValue])[] = (
  [
    ['host', hostSchema, host('a')],
    ['container', containerSchema, container('a', 'c')],
    ['network', networkSchema, network('a', 'n')],
    ['declaration', declarationSchema, declaration('s', 'w')],
    ['declaration of a load balancer', declarationSchema, declaration('s', 'lb', { lbConfig: LB })],
    [
      'component status',
      componentStatusSchema,
      {
        component: 'overlay',
        state: 'held',
        problems: Array.from({ length: 10 }, () => ({ subject: 's', what: 'w', hint: 'h' })),
        sinceMs: 1,
      },
    ],
    ['liveness', livenessSchema, { state: 'down', incarnation: 1, by: 'b' }],
  ] as const
).map(([name, schema, value]) => [name, schema, JSON.parse(JSON.stringify(value)) as JsonValue]);

/** Every place in a value, the value itself first. */
function placesIn(
  value: JsonValue,
  path: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: readonly (readonly [string | number, JsonValue])[] = Array.isArray(value)
    ? value.map((item: JsonValue, at) => [at, item] as const)
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, item]) => placesIn(item, [...path, key]))];
}

function withAt(value: JsonValue, [key, ...rest]: readonly (string | number)[], put: JsonValue): JsonValue {
  if (key === undefined) return put;
  if (Array.isArray(value)) return value.map((item: JsonValue, at) => (at === key ? withAt(item, rest, put) : item));
  const fields = value as { readonly [key: string]: JsonValue };
  return { ...fields, [key]: withAt(fields[key] as JsonValue, rest, put) };
}

const anyValue = fc.oneof(
  fc.constantFrom<JsonValue[]>(
    null,
    true,
    0,
    -1,
    1.5,
    70_000,
    '',
    'text',
    '10.0.0.1',
    '10.0.0.0/8',
    [],
    {},
    { extra: 1 },
  ),
  fc.jsonValue().map((value) => value as JsonValue),
);

describe.each(GOOD)('the exact form of the schema of a %s', (_name, schema, good) => {
  const exact = exactSchema(schema);
  const accepts = (value: JsonValue): boolean => {
    const parsed = schema.safeParse(value);
    return parsed.success && sameJson(parsed.data as JsonValue, value);
  };

  test('takes what is as it should be', () => {
    expect(exact.safeParse(good).success).toBe(true);
  });

  test('takes exactly what the schema would give back as it is, whatever is wrong with it', () => {
    const places = placesIn(good);
    fc.assert(
      fc.property(fc.nat(places.length - 1), anyValue, (at, put) => {
        const changed = withAt(good, places[at] ?? [], put);
        expect(exact.safeParse(changed).success).toBe(accepts(changed));
      }),
      { numRuns: 600 },
    );
    for (const key of Object.keys(good as object)) {
      const { [key]: _left, ...rest } = good as { readonly [key: string]: JsonValue };
      expect(exact.safeParse(rest).success).toBe(accepts(rest));
      expect(exact.safeParse({ ...rest, [key]: null }).success).toBe(accepts({ ...rest, [key]: null }));
    }
  });
});

test('a schema that changes what it is given has no exact form', () => {
  expect(() => exactSchema(z.string().transform((text) => text.trim()))).toThrow('no exact form');
  expect(() => exactSchema(z.object({ a: z.coerce.number() }))).toThrow('no exact form');
  expect(() => exactSchema(z.string().trim())).toThrow('no exact form');
  expect(() => exactSchema(z.array(z.string()).min(2))).toThrow('no exact form');
});
