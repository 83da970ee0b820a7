import { describe, expect, test } from 'vitest';
import { formatProblem, type PortRule, type ServiceDeclaration } from '../../../../model/index.ts';
import { type Manifests, parseManifests } from '../../../../sources/manifest/index.ts';

type Files = Readonly<Record<string, string>>;

function parse(files: Files | string): Manifests {
  const named = typeof files === 'string' ? { 'docker-compose.yml': files } : files;
  const list = Object.entries(named).map(([path, text]) => ({ path, text }));
  return parseManifests(list, { stack: 'demo' });
}

function service(manifests: Manifests, name: string): ServiceDeclaration {
  const found = manifests.declarations.find((one) => one.name === name);
  if (!found) throw new Error(`${name} is not declared:\n${manifests.problems.map(formatProblem).join('\n')}`);
  return found;
}

const notes = (manifests: Manifests) => manifests.ignored.map(formatProblem).join('\n');

/** `80 http -> demo/web:8080 [example.com/path]` */
function ruleText({ sourcePort, protocol, service: target, selector, targetPort, hostname, path }: PortRule): string {
  const when = hostname === null && path === null ? '' : ` [${hostname ?? ''}${path ?? ''}]`;
  return `${sourcePort} ${protocol} -> ${target ?? `{${selector}}`}:${targetPort}${when}`;
}

const rulesOf = ({ lbConfig }: ServiceDeclaration) => (lbConfig?.portRules ?? []).map(ruleText);

describe('the kind of a service is what rancher-compose makes of it', () => {
  const rules = (rule: string) => `lb_config: {port_rules: [${rule}]}`;
  test.each<[string, string, string, string | null]>([
    ['an ordinary image', '{image: acme/web}', '', 'service'],
    ['addresses, whatever the image', '{image: acme/web}', '{external_ips: [192.0.2.1]}', 'externalService'],
    ['addresses, whatever is built', '{build: .}', '{external_ips: [192.0.2.1]}', 'externalService'],
    ['a host name in rancher-compose.yml', '{image: acme/web}', '{hostname: www.example.com}', 'externalService'],
    ['a host name in docker-compose.yml', '{image: acme/web, hostname: web1}', '', 'service'],
    ['the same without an image', '{hostname: web1, build: .}', '{scale: 2}', 'service'],
    [
      'addresses before load-balancer rules',
      '{image: rancher/load-balancer-service}',
      '{external_ips: [192.0.2.1]}',
      'externalService',
    ],
    [
      'the old load balancer',
      '{image: rancher/load-balancer-service, ports: ["80"], links: [app]}',
      '',
      'loadBalancerService',
    ],
    [
      'the same with a tag',
      '{image: "docker.io/rancher/load-balancer-service:latest", ports: ["80"], links: [app]}',
      '',
      'loadBalancerService',
    ],
    [
      'rules, whatever the image',
      '{image: registry.test/lb}',
      `{${rules('{source_port: 80, service: app}')}}`,
      'loadBalancerService',
    ],
    ['rules, whatever is built', '{build: .}', `{${rules('{source_port: 80, service: app}')}}`, 'loadBalancerService'],
    [
      'rules before an alias',
      '{image: rancher/dns-service, links: [app]}',
      `{${rules('{source_port: 80, service: app}')}}`,
      'loadBalancerService',
    ],
    [
      'rules without a source port',
      '{image: acme/web}',
      `{${rules('{target_port: 80, hostname: a.example.com}')}}`,
      'service',
    ],
    ['a source port of 0 is none', '{image: acme/web}', `{${rules('{source_port: 0, target_port: 80}')}}`, 'service'],
    ['an image of a load balancer without rules', '{image: "rancher/lb-service-haproxy:v0.9.14"}', '', 'service'],
    ['the same with an empty configuration', '{image: rancher/lb-service-haproxy}', '{lb_config: {}}', 'service'],
    ['an alias', '{image: rancher/dns-service, links: [app]}', '', 'dnsService'],
    ['the image of external services, without an address', '{image: rancher/external-service}', '', null],
    [
      'the image of external services',
      '{image: rancher/external-service}',
      '{hostname: www.example.com}',
      'externalService',
    ],
    ['a network driver', '{image: acme/net}', '{network_driver: {name: x}}', 'service'],
    [
      'a virtual machine',
      '{image: acme/vm}',
      '{type: virtualMachine, vcpu: 2, memory: 512, userdata: x, disks: []}',
      'service',
    ],
  ])('%s', (_, docker, rancher, kind) => {
    for (const [v2, indent] of [
      ['', ''],
      ["version: '2'\nservices:\n", '  '],
    ]) {
      const app = `${indent}app: {image: acme/app}\n`;
      const manifests = parse({
        'docker-compose.yml': `${v2}${indent}x: ${docker}\n${app}`,
        'rancher-compose.yml': rancher === '' ? '' : `${v2}${indent}x: ${rancher}\n`,
      });
      if (kind === null) expect(manifests.problems).toHaveLength(1);
      else expect([service(manifests, 'x').kind, manifests.problems]).toEqual([kind, []]);
    }
  });

  test('an external service keeps its health check and other keys', () => {
    const pay = service(
      parse({
        'docker-compose.yml': 'pay: {image: acme/stand-in, labels: {a: b}}',
        'rancher-compose.yml': 'pay: {external_ips: [192.0.2.17, 192.0.2.18], health_check: {port: 443}}',
      }),
      'pay',
    );
    expect(pay).toMatchObject({
      kind: 'externalService',
      externalIps: ['192.0.2.17', '192.0.2.18'],
      healthCheck: { port: 443 },
      labels: { a: 'b' },
    });
  });
});

describe('hostname', () => {
  const ofContainer: Readonly<Record<string, Files>> = {
    'in a compose file with extends': {
      'compose.yml': 'services: {x: {extends: {service: base}, hostname: web1}, base: {image: a}}',
    },
    'in a compose file with provider': { 'compose.yaml': 'services: {x: {provider: {type: t}, hostname: web1}}' },
    'alone in an override of a compose file': {
      'docker-compose.yml': 'x: {image: a}',
      'docker-compose.prod.yml': 'x: {hostname: web1}',
    },
    'in a file with images, whatever its name': { 'shop.yml': 'x: {hostname: web1}\ny: {image: a}' },
    'in another file without keys of either, if there is an image': {
      'compose.yml': 'services: {x: {image: a}}',
      'o.yml': 'x: {hostname: web1, scale: 2}',
    },
    'in another file with a key of Compose': {
      'compose.yml': 'services: {x: {image: a}}',
      'o.yml': 'x: {hostname: web1, labels: {a: b}}',
    },
  };
  const ofExternalService: Readonly<Record<string, Files>> = {
    'in a file without keys of the runtime': { 'shop.yml': 'x: {hostname: a.example.com}' },
    'in another file without keys of either, if there is no image': {
      'compose.yml': 'services: {y: {image: a}}',
      'o.yml': 'x: {hostname: a.example.com}',
    },
    'in another file with a key of rancher-compose': {
      'compose.yml': 'services: {x: {image: a}}',
      'o.yml': 'x: {hostname: a.example.com, retain_ip: true}',
    },
    'in a rancher-compose file that has images': {
      'rancher-compose.prod.yml': 'x: {image: a, hostname: a.example.com}',
    },
    'in a native document': { 'compose.yml': 'stack: demo\nservices: {x: {hostname: a.example.com}}' },
    'in x-drover': { 'compose.yml': 'services: {x: {image: a, x-drover: {hostname: a.example.com}}}' },
    'in a compose file, of the image for external services': {
      'compose.yml': 'services: {x: {image: rancher/external-service, hostname: a.example.com}}',
    },
    'the same with a tag': {
      'compose.yml': 'services: {x: {image: "rancher/external-service:v1", hostname: a.example.com}}',
    },
    'in a compose file, of a declared kind': {
      'compose.yml': 'services: {x: {kind: externalService, hostname: a.example.com}}',
    },
    'in both files': {
      'rancher-compose.yml': 'x: {hostname: a.example.com}',
      'docker-compose.yml': 'x: {image: a, hostname: web1}',
    },
  };

  test.each(Object.entries(ofContainer))('%s is that of the container', (_, files) => {
    const manifests = parse(files);
    expect(manifests.problems).toEqual([]);
    expect(service(manifests, 'x')).toMatchObject({ kind: 'service', hostname: null });
    expect(notes(manifests)).toContain('x.hostname: is for the container runtime');
  });

  test.each(Object.entries(ofExternalService))('%s makes an external service', (_, files) => {
    const manifests = parse(files);
    expect(manifests.problems).toEqual([]);
    expect(service(manifests, 'x')).toMatchObject({ kind: 'externalService', hostname: 'a.example.com.' });
    const isAlsoGiven = JSON.stringify(files).includes('web1');
    expect(notes(manifests).includes('x.hostname: is for the container runtime')).toBe(isAlsoGiven);
  });
});

describe('an old load balancer becomes rules', () => {
  const lb = (keys: string, more = '') =>
    parse({
      'docker-compose.yml': `edge: {image: rancher/load-balancer-service, ${keys}}\nweb: {image: acme/web}\napi: {image: acme/api}\n`,
      'rancher-compose.yml': more,
    });

  test.each<[string, string, readonly string[]]>([
    [
      'one for each port and link',
      'ports: ["80:8080", "9000"], links: [web, "api:backend"]',
      [
        '80 http -> demo/web:8080',
        '80 http -> demo/api:8080',
        '9000 http -> demo/web:9000',
        '9000 http -> demo/api:9000',
      ],
    ],
    [
      'ports with a protocol',
      'ports: [80/tcp, "81:82/tcp"], links: [web]',
      ['80 tcp -> demo/web:80', '81 tcp -> demo/web:82'],
    ],
    [
      'ports with an address',
      'ports: ["10.0.0.1:80:8080", "[::1]:81:8081"], links: [web]',
      ['80 http -> demo/web:8080', '81 http -> demo/web:8081'],
    ],
    [
      'ports as numbers and in the long form',
      'ports: [80, {target: 8080, published: 81, protocol: tcp}], links: [web]',
      ['80 http -> demo/web:80', '81 tcp -> demo/web:8080'],
    ],
    [
      'exposed ports after published ones',
      'expose: ["111:222", 222:333/tcp], ports: ["80"], links: [web]',
      ['80 http -> demo/web:80', '111 http -> demo/web:222', '222 tcp -> demo/web:333'],
    ],
    [
      'links to other stacks',
      'ports: ["80"], links: [web], external_links: ["mail/smtp:relay", api]',
      ['80 http -> demo/web:80', '80 http -> mail/smtp:80', '80 http -> demo/api:80'],
    ],
    ['links as a map', 'ports: ["80"], links: {web: w}', ['80 http -> demo/web:80']],
    ['links with a blank', 'ports: ["80"], links: ["web: w"]', ['80 http -> demo/web:80']],
    ['two names for one service once', 'ports: ["80"], links: ["web:a", "web:b"]', ['80 http -> demo/web:80']],
    [
      'a selector, in addition to links',
      'ports: ["80"], expose: ["81"], links: [web], labels: {io.rancher.service.selector.link: "tier=front"}',
      ['80 http -> demo/web:80', '81 http -> demo/web:81', '80 http -> {tier=front}:80', '81 http -> {tier=front}:81'],
    ],
    [
      'the ports of TLS',
      'ports: ["80", "443:80", "444:80/tcp"], links: [web], labels: {io.rancher.loadbalancer.ssl.ports: "443, 444"}',
      ['80 http -> demo/web:80', '443 https -> demo/web:80', '444 https -> demo/web:80'],
    ],
    [
      'a target of one port, and one of another service',
      'ports: ["80", "81"], links: [web, api], labels: {io.rancher.loadbalancer.target.web: "www.example.com:80/shop=8080"}',
      [
        '80 http -> demo/web:8080 [www.example.com/shop]',
        '80 http -> demo/api:80',
        '81 http -> demo/web:81',
        '81 http -> demo/api:81',
      ],
    ],
    [
      'several targets for the same port',
      'ports: ["80"], links: [web], labels: {io.rancher.loadbalancer.target.web: "a.example.com/1=81, b.example.com/2=82"}',
      ['80 http -> demo/web:81 [a.example.com/1]', '80 http -> demo/web:82 [b.example.com/2]'],
    ],
    [
      'the target of a service of another stack',
      'ports: ["80"], external_links: [mail/smtp], labels: {io.rancher.loadbalancer.target.mail/smtp: "mail.example.com"}',
      ['80 http -> mail/smtp:80 [mail.example.com]'],
    ],
    ['no links', 'ports: ["80"]', []],
    ['no ports', 'links: [web]', []],
  ])('%s', (_, keys, expected) => {
    const manifests = lb(keys);
    expect(manifests.problems).toEqual([]);
    expect(rulesOf(service(manifests, 'edge'))).toEqual(expected);
  });

  test('a wrong cookie is named where it is', () => {
    const policy = 'load_balancer_config: {lb_cookie_stickiness_policy: {cookie: a b}}';
    expect(lb(`ports: ["80"], links: [web], ${policy}`).problems.map(formatProblem)).toEqual([
      'docker-compose.yml:1 edge.load_balancer_config.lb_cookie_stickiness_policy.cookie: is "a b", not the name of a cookie; ' +
        'use letters, digits, - and _',
    ]);
  });

  test('a wrong rule takes no other rule away', () => {
    const labels = 'labels: {io.rancher.loadbalancer.target.web: "a.example.com:80, b.*.example.com:80"}';
    const manifests = lb(`ports: ["80", 83/udp], links: [web, api], ${labels}`);
    expect(rulesOf(service(manifests, 'edge'))).toEqual([
      '80 http -> demo/web:80 [a.example.com]',
      '80 http -> demo/api:80',
    ]);
    expect(manifests.problems.map(formatProblem)).toEqual([
      'docker-compose.yml:1 edge.ports: 80 for web: hostname is "b.*.example.com": a star is only possible at one end; ' +
        'write it like *.example.com or www.*',
      'docker-compose.yml:1 edge.ports: 83 for web: protocol is udp, which comes with a later version of Drover; use tcp, or remove the rule',
      'docker-compose.yml:1 edge.ports: 83 for api: protocol is udp, which comes with a later version of Drover; use tcp, or remove the rule',
    ]);
  });

  // host, source port, path and target port, each of which may be left out
  test.each([
    ['example.com:80/path=81', '80 http -> demo/web:81 [example.com/path]'],
    ['example.com:80/path/a', '80 http -> demo/web:80 [example.com/path/a]'],
    ['example.com:80=81', '80 http -> demo/web:81 [example.com]'],
    ['example.com:80', '80 http -> demo/web:80 [example.com]'],
    ['example.com:99', '80 http -> demo/web:80'],
    ['example.com/path/b=81', '80 http -> demo/web:81 [example.com/path/b]'],
    ['example.com/a.html', '80 http -> demo/web:80 [example.com/a.html]'],
    ['example.com=81', '80 http -> demo/web:81 [example.com]'],
    ['*.example.com', '80 http -> demo/web:80 [*.example.com]'],
    ['www2.example80', '80 http -> demo/web:80 [www2.example80]'],
    ['80/path=81', '80 http -> demo/web:81 [/path]'],
    ['80/path', '80 http -> demo/web:80 [/path]'],
    ['99/path', '80 http -> demo/web:80'],
    ['80=81', '80 http -> demo/web:81'],
    ['99=81', '80 http -> demo/web:80'],
    ['/path=81', '80 http -> demo/web:81 [/path]'],
    ['/path', '80 http -> demo/web:80 [/path]'],
    ['81', '80 http -> demo/web:81'],
  ])('target %s', (spec, expected) => {
    const labels = `labels: {io.rancher.loadbalancer.target.web: "${spec}"}`;
    expect(rulesOf(service(lb(`ports: ["80"], links: [web], ${labels}`), 'edge'))).toEqual([expected]);
  });

  test('its ports lose their targets, and its exposed ports and labels of rules are gone', () => {
    const edge = service(
      lb(
        'ports: ["80:8080", 81/tcp, "10.0.0.1:82:83/tcp"], expose: ["90"], links: [web], ' +
          'labels: {io.rancher.loadbalancer.ssl.ports: "80", io.rancher.service.selector.link: "a=b", other: kept}',
      ),
      'edge',
    );
    expect(edge).toMatchObject({ ports: ['80', '81/tcp', '82/tcp'], expose: [], labels: { other: 'kept' } });
    expect(Object.keys(edge.labels)).toEqual(['other']);
    expect(edge.links).toEqual([{ target: 'demo/web', alias: 'web' }]);
  });

  test('its configuration, certificates and stickiness come from rancher-compose.yml', () => {
    const more = `
edge:
  scale: 2
  default_cert: main
  certs: [main, other]
  load_balancer_config:
    name: lb config
    description: null
    haproxy_config: {global: "maxconn 256\\n", defaults: "mode tcp"}
    lb_cookie_stickiness_policy: {cookie: C, indirect: true, mode: insert}
    health_check: {port: null}
`;
    const labels = 'labels: {io.rancher.loadbalancer.proxy-protocol.ports: "81,82"}';
    const manifests = lb(`ports: ["81"], links: [web], ${labels}`, more);
    expect([manifests.problems, notes(manifests)]).toEqual([[], '']);
    expect(service(manifests, 'edge')).toMatchObject({
      scale: 2,
      lbConfig: {
        certs: ['main', 'other'],
        defaultCert: 'main',
        config:
          'global\n    maxconn 256\n    \ndefaults\n    mode tcp\nfrontend 81\n    accept-proxy\nfrontend 82\n    accept-proxy',
        stickinessPolicy: { cookie: 'C', indirect: true, nocache: false, mode: 'insert' },
      },
    });
  });

  test('rules in lb_config count only without ports and links, and a note says so', () => {
    const rules = 'edge: {lb_config: {port_rules: [{source_port: 81, service: api, target_port: 82}]}}';
    expect(rulesOf(service(lb('ports: ["80:8080"]', rules), 'edge'))).toEqual(['81 http -> demo/api:82']);
    const both = lb('ports: ["80:8080"], links: [web]', rules);
    expect(rulesOf(service(both, 'edge'))).toEqual(['80 http -> demo/web:8080']);
    expect(notes(both)).toContain('edge.lb_config: has no effect: this image takes its rules from ports and links;');
  });

  test.each([
    ['ports: ["8000-8002:80"], links: [web]', 'edge.ports.0: ("8000-8002:80") is not a port of a load balancer;'],
    ['ports: ["80", "0:80"], links: [web]', 'edge.ports.1: ("0:80") is not a port of a load balancer;'],
    ['ports: [80/gopher], links: [web]', 'edge.ports.0: ("80/gopher") is not a port of a load balancer;'],
    [
      'ports: ["80"], links: [web], labels: {io.rancher.loadbalancer.ssl.ports: "https"}',
      'ssl.ports: ("https") is not a port; use',
    ],
    [
      'ports: ["80"], links: [web], labels: {io.rancher.loadbalancer.target.web: "a b=c"}',
      'target.web: ("a b=c") is not a target',
    ],
    [
      'ports: ["80"], links: [web], labels: {io.rancher.loadbalancer.target.web: "10.0.0.1:80"}',
      'a host name must not begin with a digit',
    ],
    ['ports: ["42"], links: [web]', 'is 42, which is reserved'],
  ])('refuses %s', (keys, expected) => {
    const { problems, declarations } = lb(keys);
    expect(problems.map(formatProblem).join()).toContain(expected);
    expect(declarations.map(({ name }) => name)).toEqual(['api', 'web']);
  });

  test('a target without a link is named', () => {
    const labels = 'labels: {io.rancher.loadbalancer.target.api: "81"}';
    expect(notes(lb(`ports: ["80"], links: [web], ${labels}`))).toContain(
      'edge.labels.io.rancher.loadbalancer.target.api: has no effect: the load balancer has no such link or port;',
    );
  });
});

describe('certificates beside lb_config', () => {
  test('belong to the load balancer, unless lb_config names its own', () => {
    const manifests = parse({
      'docker-compose.yml': 'edge: {image: x}',
      'rancher-compose.yml':
        'edge: {certs: [a], default_cert: b, lb_config: {certs: [c], port_rules: [{source_port: 80, selector: x=y}]}}',
    });
    expect(service(manifests, 'edge').lbConfig).toMatchObject({ certs: ['c'], defaultCert: 'b' });
  });

  test('of another service are named', () => {
    const manifests = parse({ 'rancher-compose.yml': 'web: {certs: [a], default_cert: b, load_balancer_config: {}}' });
    expect(manifests.problems).toEqual([]);
    for (const key of ['certs', 'default_cert', 'load_balancer_config'])
      expect(notes(manifests)).toContain(`web.${key}: is for`);
  });
});

describe('links without a stack', () => {
  test('in external_links are services of the own stack, if the files declare them', () => {
    const manifests = parse(`
version: '2'
services:
  app: {image: a, external_links: ["store:database", Other, "gone:x", mail/smtp]}
  store: {image: s}
  other: {image: o}
`);
    expect(service(manifests, 'app').links).toEqual([
      { target: 'demo/store', alias: 'database' },
      { target: 'demo/Other', alias: 'Other' },
      { target: 'mail/smtp', alias: 'smtp' },
    ]);
    expect(notes(manifests)).toContain('app.external_links: is for the container runtime: ignored');
  });

  test('of an alias are always services', () => {
    const alias = service(parse('x: {image: rancher/dns-service, external_links: [gone, mail/smtp]}'), 'x');
    expect(alias.links.map(({ target }) => target)).toEqual(['demo/gone', 'mail/smtp']);
  });

  test('are found in the other file as well', () => {
    const manifests = parse({
      'docker-compose.yml': 'app: {image: a, external_links: [store]}',
      'more.yml': 'store: {image: s}',
    });
    expect([service(manifests, 'app').links.length, manifests.ignored]).toEqual([1, []]);
  });
});

describe('labels that select', () => {
  test.each(['container', 'link'])('io.rancher.service.selector.%s has a note, and stays a label', (what) => {
    const label = `io.rancher.service.selector.${what}`;
    const manifests = parse(`pool: {image: rancher/none, labels: {${label}: "role=web"}}`);
    expect(manifests.problems).toEqual([]);
    expect(notes(manifests)).toContain(`pool.labels.${label}: has no effect: Drover does not select by label;`);
    expect(service(manifests, 'pool').labels).toEqual({ [label]: 'role=web' });
  });
});

describe('the catalog', () => {
  const catalog = '{name: Demo, version: v1, questions: []}';
  test.each([
    ['at the top of version 1', `.catalog: ${catalog}\nweb: {scale: 2}`],
    ['at the top of version 2', `version: '2'\n.catalog: ${catalog}\nservices: {web: {scale: 2}}`],
    ['as `catalog` in version 2', `version: '2'\ncatalog: ${catalog}\nservices: {web: {scale: 2}}`],
    ['among the services of version 2', `version: '2'\nservices: {.catalog: ${catalog}, web: {scale: 2}}`],
  ])('%s is not a service', (_, text) => {
    const manifests = parse({ 'rancher-compose.yml': text });
    expect([manifests.problems, manifests.declarations.map(({ name }) => name)]).toEqual([[], ['web']]);
    expect(notes(manifests)).toContain('catalog: is for other programs: ignored');
  });
});

test('the sections of Rancher 1.6 are services', () => {
  const manifests = parse(`
version: '2'
services:
  web: {image: w}
load_balancers:
  edge: {image: rancher/lb-service-haproxy, scale: 2, default_cert: c, port_rules: [{source_port: 80, service: web}]}
external_services:
  pay: {external_ips: [192.0.2.1]}
  search: {hostname: search.example.com}
aliases:
  www: {services: [web, other/web]}
virtual_machines:
  vm: {image: v, vcpu: 2, health_check: {port: 22}, metadata: {b: 18446744073709551615, '1': x}}
storage_drivers: {nfs: {image: n}}
network_drivers: {ipsec: {image: n}}
containers: {one: {image: c}}
hosts: {h: {count: 1}}
dependencies: {other: {version: 1}}
`);
  expect(manifests.problems).toEqual([]);
  expect(manifests.declarations.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'edge loadBalancerService',
    'pay externalService',
    'search externalService',
    'vm service',
    'web service',
    'www dnsService',
  ]);
  expect(service(manifests, 'edge')).toMatchObject({ scale: 2, lbConfig: { defaultCert: 'c' } });
  expect(service(manifests, 'vm').metadata).toBe('{"b":18446744073709551615,"1":"x"}');
  expect(service(manifests, 'www').links.map(({ target }) => target)).toEqual(['demo/web', 'other/web']);
  for (const key of ['storage_drivers', 'network_drivers', 'containers', 'hosts', 'dependencies'])
    expect(notes(manifests)).toContain(` ${key}: is for other programs`);
});

test('an unknown key below one of Drover is named, unless it resembles one', () => {
  const read = (keys: string) =>
    parse({ 'rancher-compose.yml': `edge: {scale: 2, ${keys}, metadata: {n: 18446744073709551615}}` });
  const accepted = read(
    'health_check: {port: 80, description: null, extra: {a: 1}}, ' +
      'lb_config: {name: lb, port_rules: [{source_port: 80, selector: a=b, instances: 1}]}',
  );
  expect(accepted.problems).toEqual([]);
  for (const key of ['health_check.description', 'health_check.extra', 'lb_config.name', 'port_rules.0.instances'])
    expect(notes(accepted)).toContain(`${key}: is not known to Drover: ignored`);
  expect(service(accepted, 'edge')).toMatchObject({
    metadata: '{"n":18446744073709551615}',
    healthCheck: { port: 80 },
    lbConfig: { portRules: [{ selector: 'a=b' }] },
  });
  const single = read('lb_config: {port_rules: {source_port: 80, selector: a=b, instances: 1}}');
  expect([single.problems, rulesOf(service(single, 'edge'))]).toEqual([[], ['80 http -> {a=b}:null']]);
  expect(read('health_check: {port: 80, intervall: 1}').problems.map(formatProblem).join()).toContain(
    'did you mean interval?',
  );
});

test('every key of a parser of Rancher is accepted and named', () => {
  const keys =
    'vcpu userdata memory disks type retain_ip scale_policy service_schemas upgrade_strategy storage_driver network_driver uuid ' +
    'create_only start_on_create milli_cpu_reservation scale_min scale_max scale_increment blkio_weight blkio_weight_device ' +
    'device_read_bps device_read_iops device_write_bps device_write_iops cpu_period cpu_quota isolation group_add oom_score_adj ' +
    'sysctls init volume_driver log_opt log_driver net dns_opt mem_swappiness';
  for (const key of keys.split(' ')) {
    const manifests = parse({ 'rancher-compose.yml': `web: {${key}: {}}` });
    expect([key, manifests.problems]).toEqual([key, []]);
    expect(notes(manifests)).toContain(`web.${key}: is for`);
  }
});
