import { describe, expect, test } from 'vitest';
import {
  formatProblem,
  NO_BALANCER_OPTIONS,
  NO_RULE_OPTIONS,
  type PortRule,
  type ServiceDeclaration,
} from '../../../model/index.ts';
import { type DirectoryPicture, pictureOf } from '../../../sources/manifest/directory-picture.ts';
import { parseManifest, planApply } from '../../../sources/manifest/index.ts';

const HASH = `$6$salt$${'x'.repeat(86)}`;

const parse = (services: string) => parseManifest(`stack: shop\nservices:\n  ${services}`, 'shop.yml');
const lines = (services: string) => parse(services).problems.map(formatProblem);
const rulesOf = (services: string): readonly PortRule[] => parse(services).declarations[0]?.lbConfig?.portRules ?? [];
const withRules = (...rules: readonly string[]) => `lb: {lb_config: {port_rules: [${rules.join(', ')}]}}`;
const GOOD = '{source_port: 80, service: web}';

describe('rules of a load balancer', () => {
  test('every key', () => {
    const [rule] = rulesOf(
      withRules(
        '{source_port: 80, protocol: HTTP, hostname: "*.Example.com", path: /Api, path_match: segment, selector: "tier in (a, b)", ' +
          'target_port: "8080", priority: 2, backend_name: be, weight: 0, proto: h2, redirect_https: yes, gzip: true, ' +
          `basic_auth: ["anna:${HASH}"], max_body: 10m, server_timeout: 30s, tunnel_timeout: 5000, forwarded: "on", ` +
          'send_proxy: v2, balance: source}',
      ),
    );
    expect(rule).toEqual({
      sourcePort: 80,
      protocol: 'http',
      path: '/Api',
      pathMatch: 'segment',
      hostname: '*.Example.com',
      service: null,
      container: null,
      targetPort: 8080,
      priority: 2,
      backendName: 'be',
      selector: 'tier in (a, b)',
      weight: 0,
      options: {
        proto: 'h2',
        redirectHttps: true,
        gzip: true,
        basicAuth: [`anna:${HASH}`],
        maxBodyBytes: 10 * 1024 * 1024,
        serverTimeoutMs: 30_000,
        tunnelTimeoutMs: 5000,
        forwarded: true,
        sendProxy: 'v2',
        balance: 'source',
      },
    } satisfies PortRule);
  });

  test('a container instead of a service, and options that are off or empty', () => {
    const [rule] = rulesOf(withRules('{source_port: 25, protocol: tcp, container: mail-1, gzip: false, max_body: ""}'));
    expect(rule).toMatchObject({ container: 'mail-1', service: null, selector: null, options: NO_RULE_OPTIONS });
  });

  test.each([
    ['{source_port: 42, service: a}', '.source_port: is 42, which is reserved; use another port'],
    ['{source_port: 70000, service: a}', '.source_port: is too large; use 65535 or less'],
    [
      '{source_port: 53, protocol: udp, service: a}',
      '.protocol: is udp, which comes with a later version of Drover; use tcp, or remove the rule',
    ],
    ['{source_port: 80, service: a, weight: 257}', '.weight: is too large; use 256 or less'],
    ['{source_port: 80, service: a, weight: -1}', '.weight: is too small; use 0 or more'],
    ['{source_port: 80, service: a, priority: 0.5}', '.priority: is not a whole number; write a whole number'],
    ['{source_port: 80}', ': needs either a service, a selector or a container; name one of them'],
    [
      '{source_port: 80, service: a, container: b}',
      ': needs either a service, a selector or a container; name one of them',
    ],
    [
      '{source_port: 80, container: a, selector: b}',
      ': needs either a service, a selector or a container; name one of them',
    ],
    [
      '{source_port: 80, selector: "tier notn (a)"}',
      '.selector: has "tier notn (a)": "notn" is not an operator; did you mean notin?',
    ],
    [
      '{source_port: 80, service: a, hostname: "x y"}',
      '.hostname: is "x y", not a host name; write it like www.example.com, *.example.com or www.*, without scheme and path',
    ],
    [
      '{source_port: 80, service: a, path: "/a\\nb"}',
      '.path: is "/a\\nb", not a path; write other characters than letters, digits and -._~!$&()+,;=:@ percent-encoded, such as %20 for a blank',
    ],
    [
      '{source_port: 80, service: a, path: "/(", path_match: regex}',
      '.path: is "/(": it is not a regular expression (Unterminated group); correct it',
    ],
    [
      '{source_port: 80, service: a, path: /, path_match: regx}',
      '.path_match: is "regx", not one of prefix, segment, exact, regex; did you mean regex?',
    ],
    ['{source_port: 80, service: a, gzip: maybe}', '.gzip: is "maybe", neither true nor false; write true or false'],
    [
      '{source_port: 80, protocol: tcp, service: a, gzip: true}',
      '.gzip: does not fit tcp; use http or https, or remove it',
    ],
    [
      '{source_port: 80, service: a, max_body: [1]}',
      '.max_body: is a list or a map, not a size from 1 byte to 1024 GiB; write it like 500k, 10m or 1g',
    ],
    [
      '{source_port: 80, service: a, basic_auth: "anna:secret"}',
      '.basic_auth: has no hash of crypt(3) ($2y$, $5$ or $6$); passwords are not accepted; make it with `openssl passwd -6` and write name:hash; in a Compose file, write $$ for each $',
    ],
    ['{source_port: 80, service: a, hostnam: b}', '.hostnam: is not a known key; did you mean hostname?'],
    [
      '{source_port: 80, service: "a b"}',
      '.service: ("a b") is not a link; write it like db, db:alias or stack/db:alias',
    ],
    ['17', ': is not a map of keys and values; write a map of keys and values'],
  ])('%s is left out, and the others stay', (wrong, message) => {
    const services = withRules(GOOD, wrong, '{source_port: 81, service: web}');
    expect(rulesOf(services).map(({ sourcePort }) => sourcePort)).toEqual([80, 81]);
    expect(lines(services)).toEqual([`shop.yml:3 services.lb.lb_config.port_rules.1${message}`]);
    // Alone, it would leave nothing: the balancer stays as it was.
    expect([parse(withRules(wrong)).declarations, lines(withRules(wrong)).length]).toEqual([[], 1]);
  });

  test('several wrong rules are named by their places as written', () => {
    const services = withRules(
      '{weight: 999}',
      GOOD,
      '{source_port: 80, selector: ""}',
      '{source_port: 42, service: a}',
      '3',
      GOOD,
    );
    expect(lines(services).map((line) => /port_rules\.(\d+[.a-z_]*)/.exec(line)?.[1])).toEqual([
      '0.weight',
      '4',
      '2',
      '3.source_port',
    ]);
    expect(rulesOf(services)).toHaveLength(2);
  });

  test('a host or a path that the protocol cannot see is noted, and a rule without a port', () => {
    const { problems, ignored } = parse(
      withRules(
        GOOD,
        '{source_port: 25, protocol: tcp, hostname: a.example.com, service: a}',
        '{source_port: 443, protocol: sni, path: /a, service: a}',
        '{service: a}',
      ),
    );
    expect(problems).toEqual([]);
    expect(ignored.map(({ subject, what }) => `${subject} ${what}`)).toEqual([
      'shop.yml:3 services.lb.lb_config.port_rules.1.hostname has no effect: the protocol is tcp',
      'shop.yml:3 services.lb.lb_config.port_rules.2.path has no effect: the protocol is sni',
      'shop.yml:3 services.lb.lb_config.port_rules.3 has no effect: it has no source_port',
    ]);
  });
});

describe('a rule that becomes wrong keeps its last good version', () => {
  const apply = (before: string, after: string): readonly string[] => {
    const documents = parse(before).declarations.map(
      (value) => ['service/shop/lb', { value: value as never, revision: 1 }] as const,
    );
    const { declarations, wrongRules } = parse(after);
    const [change] = planApply(new Map(documents), declarations, { wrongRules });
    const value = change?.kind === 'put' ? change.value : (documents[0]?.[1].value as unknown as ServiceDeclaration);
    return rulesIn(value);
  };
  const rulesIn = (one: ServiceDeclaration | undefined): readonly string[] =>
    (one?.lbConfig?.portRules ?? []).map(
      ({ number, sourcePort, hostname, service, weight }) =>
        `${number ? `#${number} ` : ''}${sourcePort} ${hostname} ${service} ${weight}`,
    );
  const inDirectory = (...versions: readonly string[]): readonly string[] => {
    const unit = (services: string) => ({
      name: 'shop.yml',
      stack: null,
      files: [{ path: 'shop.yml', text: `stack: shop\nservices:\n  ${services}` }],
    });
    const empty: DirectoryPicture = { declared: new Map(), problems: [], ignored: [], manifests: new Map() };
    // Read twice, because the second time the kept rule comes from the picture.
    const picture = [...versions, versions.at(-1) ?? ''].reduce(
      (before, text) => pictureOf([unit(text)], before.declared),
      empty,
    );
    return rulesIn(picture.declared.get('service/shop/lb')?.declaration);
  };
  const rule = (host: string, rest = '') => `{source_port: 80, hostname: ${host}, service: ${host}${rest}}`;

  test.each([
    [
      'with the same host, also after rules were moved',
      [rule('a'), rule('b')],
      [rule('c'), rule('b', ', weight: 999'), rule('a', ', weight: 2')],
      ['80 c shop/c 1', '80 b shop/b 1', '80 a shop/a 2'],
    ],
    [
      'at the same place, when the host itself is wrong',
      [rule('a'), rule('b')],
      [rule('a'), '{source_port: 80, hostname: "b b", service: b}'],
      ['80 a shop/a 1', '80 b shop/b 1'],
    ],
    [
      'but not one whose host another rule has now',
      [rule('a'), rule('b')],
      [rule('b'), '{source_port: 80, hostname: "b b", service: b}'],
      ['80 b shop/b 1'],
    ],
    [
      'one of two that share a host',
      [rule('a'), '{source_port: 80, hostname: a, service: b}'],
      [rule('a'), '{source_port: 80, hostname: a, service: b, weight: 999}'],
      ['80 a shop/a 1', '80 a shop/b 1'],
    ],
    ['the only one', [rule('a')], [rule('a', ', weight: 999'), rule('b')], ['80 a shop/a 1', '80 b shop/b 1']],
    [
      'several, at their places',
      [rule('a'), rule('b'), rule('c')],
      [rule('a', ', gzip: maybe'), rule('b', ', weight: 2'), rule('c', ', weight: 999')],
      ['80 a shop/a 1', '80 b shop/b 2', '80 c shop/c 1'],
    ],
    [
      'but not one that is still there',
      [rule('a'), rule('b')],
      [rule('a'), rule('b'), '{source_port: 80, hostname: a, service: c, weight: 999}'],
      ['80 a shop/a 1', '80 b shop/b 1'],
    ],
    [
      'and the rules after one that is left out keep their numbers',
      [rule('a'), rule('b')],
      [rule('c', ', weight: 999'), rule('a'), rule('d', ', gzip: maybe'), rule('b', ', weight: 999')],
      ['#2 80 a shop/a 1', '#4 80 b shop/b 1'],
    ],
    ['nothing for a new rule', [rule('a')], [rule('a'), rule('b', ', weight: 999')], ['80 a shop/a 1']],
    ['nothing before', [], [rule('a'), rule('b', ', weight: 999')], ['80 a shop/a 1']],
  ])('%s', (_, before, after, expected) => {
    expect(apply(before.length > 0 ? withRules(...before) : 'other: {}', withRules(...after))).toEqual(expected);
    expect(inDirectory(withRules(...before), withRules(...after))).toEqual(expected);
  });
});

test.each([7, null, { lbConfig: 3 }, { lbConfig: { portRules: 'x' } }, { lbConfig: { portRules: [4, {}] } }])(
  'a document %j that is no declaration has no rules to keep',
  (value) => {
    const { declarations, wrongRules } = parse(withRules(GOOD, '{source_port: 81, service: web, weight: 999}'));
    const documents = new Map([['service/shop/lb', { value, revision: 1 }]]);
    expect(planApply(documents, declarations, { wrongRules })).toMatchObject([
      { value: { lbConfig: { portRules: [{ sourcePort: 80 }] } } },
    ]);
  },
);

describe('options of a load balancer', () => {
  const read = (keys: string, labels = '{}', more = '') => {
    const { declarations, problems } = parse(
      `lb: {lb_config: {port_rules: [${GOOD}], ${keys}}, labels: ${labels}${more}}`,
    );
    const options = declarations[0]?.lbConfig?.options;
    const changed = Object.entries(options ?? {}).filter(
      ([key, value]) =>
        JSON.stringify(value) !== JSON.stringify(NO_BALANCER_OPTIONS[key as keyof typeof NO_BALANCER_OPTIONS]),
    );
    return problems.length > 0 ? problems.map(formatProblem) : Object.fromEntries(changed);
  };
  const HOSTS = 'write all, a list of host names, or labels: `{ role: edge }`, as a label of Rancher `role=edge`';

  test.each<[string, string, string, unknown]>([
    ['', '{}', '', {}],
    ['hosts: ALL', '{}', '', {}],
    ['hosts: [a, 7]', '{}', '', { hosts: { kind: 'names', names: ['a', '7'] } }],
    ['hosts: {role: edge, zone: 1}', '{}', '', { hosts: { kind: 'labels', labels: { role: 'edge', zone: '1' } } }],
    ['target: Only-Local', '{}', '', { target: 'only-local' }],
    ['skip_target_lb_rules: true', '{}', '', { skipTargetRules: true }],
    [
      'access_log: true, error_page: "<h1>Back soon</h1>"',
      '{}',
      '',
      { accessLog: true, errorPage: '<h1>Back soon</h1>' },
    ],
    ['drain_timeout_ms: 5000', '{}', '', { drainTimeoutMs: 5000 }],
    ['', '{}', ', drain_timeout_ms: 7000', { drainTimeoutMs: 7000 }],
    ['drain_timeout_ms: 5000', '{}', ', drain_timeout_ms: 7000', { drainTimeoutMs: 5000 }],
    ['', '{io.rancher.scheduler.global: "true"}', '', {}],
    [
      '',
      '{"io.rancher.scheduler.affinity:host_label": "role=edge, zone=a"}',
      '',
      { hosts: { kind: 'labels', labels: { role: 'edge', zone: 'a' } } },
    ],
    ['hosts: all', '{"io.rancher.scheduler.affinity:host_label": "role=edge"}', '', {}],
    ['', '{io.rancher.lb_service.target: prefer-local}', '', { target: 'prefer-local' }],
    ['target: any', '{io.rancher.lb_service.target: prefer-local}', '', {}],
    ['', '{io.rancher.lb_service.skip_target_lb_rules: "true"}', '', { skipTargetRules: true }],
    ['hosts: []', '{}', '', [`shop.yml:3 services.lb.lb_config.hosts: does not say which hosts; ${HOSTS}`]],
    ['hosts: {}', '{}', '', [`shop.yml:3 services.lb.lb_config.hosts: does not say which hosts; ${HOSTS}`]],
    ['hosts: {role: [a]}', '{}', '', [`shop.yml:3 services.lb.lb_config.hosts: does not say which hosts; ${HOSTS}`]],
    ['hosts: edge', '{}', '', [`shop.yml:3 services.lb.lb_config.hosts: does not say which hosts; ${HOSTS}`]],
    [
      '',
      '{"io.rancher.scheduler.affinity:host_label": edge}',
      '',
      [`shop.yml:3 services.lb.labels.io.rancher.scheduler.affinity:host_label: does not say which hosts; ${HOSTS}`],
    ],
    [
      'target: here',
      '{}',
      '',
      [
        'shop.yml:3 services.lb.lb_config.target: is "here", not one of any, only-local, prefer-local; use one of any, only-local, prefer-local',
      ],
    ],
    [
      '',
      '{io.rancher.lb_service.target: only_local}',
      '',
      [
        'shop.yml:3 services.lb.labels.io.rancher.lb_service.target: is "only_local", not one of any, only-local, prefer-local; did you mean only-local?',
      ],
    ],
    [
      'access_log: maybe',
      '{}',
      '',
      ['shop.yml:3 services.lb.lb_config.access_log: is not true or false; write true or false'],
    ],
    [
      `error_page: "${'x'.repeat(12_289)}"`,
      '{}',
      '',
      [
        'shop.yml:3 services.lb.lb_config.error_page: has 13 kB, more than the 12 kB that are possible; shorten it, and load pictures and styles from elsewhere',
      ],
    ],
    ['host: all', '{}', '', ['shop.yml:3 services.lb.lb_config.host: is not a known key; did you mean hosts?']],
  ])('%s with labels %s %s', (keys, labels, more, expected) => {
    expect(read(keys, labels, more)).toEqual(expected);
  });

  test('directories of certificates in labels are noted', () => {
    const labels = '{io.rancher.lb_service.cert_dir: /certs, io.rancher.lb_service.default_cert_dir: /certs/a}';
    const { ignored } = parse(`lb: {lb_config: {port_rules: [${GOOD}]}, labels: ${labels}}`);
    expect(ignored.map(formatProblem)).toEqual(
      ['cert_dir', 'default_cert_dir'].map(
        (label) =>
          `shop.yml:3 services.lb.labels.io.rancher.lb_service.${label}: has no effect: certificates are in a directory of each host; ` +
          'set `lb.certificates` on the hosts',
      ),
    );
  });

  test('labels of the scheduler mean nothing for other services', () => {
    const web =
      'web: {lb_config: {port_rules: [{target_port: 80}]}, labels: {"io.rancher.scheduler.affinity:host_label": edge}}';
    expect(parse(web).problems).toEqual([]);
    expect(rulesOf(web)).toMatchObject([{ protocol: null, targetPort: 80 }]);
  });
});

describe('the short form on a target service', () => {
  const compose = (keys: string) =>
    parseManifest(`name: shop\nservices:\n  web:\n    image: nginx\n    ${keys}`, 'compose.yml');

  test('`x-drover: {lb: ...}` and the key `lb` are labels', () => {
    const lb =
      '{host: shop.example.com, entry: [http, "https:8443"], redirect: true, port: 8080, max_body: 10m, api: {path: /api, gzip: null}}';
    const labels = {
      'drover.lb.host': 'shop.example.com',
      'drover.lb.entry': 'http,https:8443',
      'drover.lb.redirect': 'true',
      'drover.lb.port': '8080',
      'drover.lb.max_body': '10m',
      'drover.lb.api.path': '/api',
      'drover.lb.api.gzip': '',
    };
    const extension = compose(`x-drover: {lb: ${lb}}`);
    expect([extension.problems, extension.ignored.filter(({ subject }) => subject.includes('lb'))]).toEqual([[], []]);
    expect(extension.declarations[0]).toMatchObject({ kind: 'service', lbConfig: null, labels });
    expect(
      parse(`web: {lb: ${lb}, labels: {drover.lb.host: other.example.com, tier: front}}`).declarations[0]?.labels,
    ).toEqual({
      ...labels,
      tier: 'front',
    });
  });

  test.each([
    ['lb: {hots: a}', 'lb.hots: is not a label of a load balancer; write `drover.lb.host`'],
    [
      'lb: {host: "a b"}',
      'lb.host: is "a b", not a host name; write it like www.example.com, *.example.com or www.*, without scheme and path',
    ],
    [
      'lb: {api: {host: a, entry: "udp:53"}}',
      'lb.api.entry: is udp, which comes with a later version of Drover; use tcp, or remove the rule',
    ],
    [
      'lb: {port: 80}',
      'lb.host: is missing: the labels do not say which requests the service gets; add the host name, or * for all',
    ],
    [
      'lb: {host: a, auth: "anna:secret"}',
      'lb.auth: has no hash of crypt(3) ($2y$, $5$ or $6$); passwords are not accepted; make it with `openssl passwd -6` and write name:hash; in a Compose file, write $$ for each $',
    ],
    [
      'lb: {a: {b: {c: d}}}',
      'lb.a.b: is neither a value nor a list of values; write keys such as `host: shop.example.com`',
    ],
    ['lb: yes', 'lb: is not a map of keys and values; write keys such as `host: shop.example.com`'],
    [
      'labels: {drover.lb.weight: "300"}',
      'labels.drover.lb.weight: is "300", not a whole number from 0 to 256; correct it',
    ],
  ])('%s is refused with its place', (keys, message) => {
    const [first, ...more] = lines(`web: {${keys}}`);
    expect(first).toBe(`shop.yml:3 services.web.${message}`);
    expect(more.filter((line) => !line.includes('is missing'))).toEqual([]);
    expect(parse(`web: {${keys}}`).declarations).toEqual([]);
  });
});
