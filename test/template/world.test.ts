import { describe, expect, test } from 'vitest';
import { createKeyStore } from '../../template/confd/key-store.ts';
import { GO_MARK } from '../../template/go/convert.ts';
import { RenderError } from '../../template/go/helpers.ts';
import { createEngine } from '../../template/index.ts';
import { worldOf } from '../../template/world.ts';

const engine = createEngine({ env: {}, now: () => 0 });
const container = (name: string, service: string, ip: string | null, more: object = {}) => ({
  name,
  service_name: service,
  stack_name: 'shop',
  primary_ip: ip,
  state: 'running',
  health_state: null,
  host_uuid: 'h1',
  labels: {},
  ...more,
});
const WORLD = worldOf({
  self: { stack: { name: 'shop' } },
  services: [
    { name: 'web', stack_name: 'shop', health_check: null, scale: 3, metadata: { id: 9007199254740993n, n: -1 } },
    { name: 'api', stack_name: 'shop', health_check: { port: 80 } },
    { name: 'db', stack_name: 'data' },
  ],
  containers: [
    container('web-10', 'web', '10.42.0.10', { labels: { 'drover.weight': '5' } }),
    container('web-2', 'web', '10.42.0.2'),
    container('web-3', 'web', '10.42.0.3', { state: 'stopped' }),
    container('web-4', 'web', null),
    container('api-1', 'api', '10.42.1.1', { health_state: 'unhealthy' }),
    container('api-2', 'api', '10.42.1.2', { health_state: 'initializing' }),
  ],
  stacks: [{ name: 'shop' }],
  hosts: [{ name: 'alpha', uuid: 'h1', labels: { zone: 'a' } }],
});

function rendered(template: string): string {
  return engine.compile(template)({ world: WORLD, keys: createKeyStore(new Map()) });
}

describe('functions for services, containers and hosts', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'ready containers in order, by number',
      '{{#each (readyContainersOf "shop/web")}}{{primary_ip}} {{/each}}',
      '10.42.0.2 10.42.0.10 ',
    ],
    [
      'a name without a stack is in the own stack; case does not matter',
      '{{#each (containersOf "WEB")}}{{name}} {{/each}}',
      'web-2 web-3 web-4 web-10 ',
    ],
    [
      'if no container is ready, those that fail their check',
      '{{#each (readyContainersOf "api")}}{{primary_ip}} {{/each}}',
      '10.42.1.1 ',
    ],
    [
      'a service, a stack, a host',
      '{{at (service "web") "scale"}} {{at (stack "shop") "name"}} {{at (host "h1") "name"}}',
      '3 shop alpha',
    ],
    [
      'whole numbers of any length',
      '{{at (service "web") "metadata.id"}} {{printf "%d %v" (at (service "web") "metadata.id") -1}} {{{toJson (at (service "web") "metadata")}}}',
      '9007199254740993 9007199254740993 -1 {\n  "id": 9007199254740993,\n  "n": -1\n}',
    ],
    ['labels, with a default', '{{#each (readyContainersOf "web")}}{{label this "Drover.Weight" 1}} {{/each}}', '1 5 '],
    [
      'containers with a label, or with a value of it',
      '{{#each (withLabel containers "drover.weight")}}{{name}}{{/each}} {{#each (withLabel containers "drover.weight" 4)}}x{{/each}}',
      'web-10 ',
    ],
    [
      'sorting, plucking, joining',
      '{{join (pluck (sortBy (where containers "service_name" "api") "primary_ip") "name") ","}}',
      'api-1,api-2',
    ],
    ['the host of a container', '{{#each (containersOf "api")}}{{label (hostOf this) "zone"}}{{/each}}', 'aa'],
    ['services of a stack', '{{join (pluck (servicesOf "shop") "name") " "}}', 'api web'],
    ['defaults and quotes', '{{default "" "x"}} {{quote "a\\"b"}} {{at (service "none") "scale" 0}}', 'x "a\\"b" 0'],
    ['no containers', '{{#each (readyContainersOf "no/such")}}x{{else}}none{{/each}}', 'none'],
  ];
  test.each(cases)('%s', (_, template, expected) => {
    expect(rendered(template)).toBe(expected);
  });

  test('converted Go templates have them, too', () => {
    const converted = `${GO_MARK}{{#range (readyContainersOf "web")}}\n{{show (printf "%s:%d" (member this "primary_ip") (len (label this "drover.weight")))}}{{/range}}`;
    expect(rendered(converted)).toBe('\n10.42.0.2:0\n10.42.0.10:1');
  });

  test('a failure has its line', () => {
    const error = (template: string) => {
      try {
        return rendered(template);
      } catch (failure) {
        return failure instanceof RenderError ? [failure.message, failure.at.line] : failure;
      }
    };
    expect(error('a\n\n{{#if (getv "/none")}}x{{/if}}')).toEqual(['key does not exist: /none', 3]);
    expect(error(`${GO_MARK}a\n{{show (getv "/none")}}`)).toEqual(['key does not exist: /none', 3]);
  });

  test('a function that does not exist fails with its name', () => {
    expect(() => rendered('{{nosuch 1}}')).toThrow('nosuch');
  });
});
