import { describe, expect, test } from 'vitest';
import { LB_LABEL_KEYS, lbLabels, NO_RULE_OPTIONS } from '../../../model/index.ts';

const HASH = `$6$saltsalt$${'x'.repeat(86)}`;

const labelled = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).map(([key, text]) => [`drover.lb.${key}`, text]));
const read = (labels: Readonly<Record<string, string>>) => lbLabels(labelled(labels));

describe('labels that publish a service', () => {
  test('a host alone is http on port 80', () => {
    expect(lbLabels({ 'drover.lb.host': ' Shop.example.com ', other: 'x' })).toEqual({
      rules: [
        {
          name: null,
          entries: [{ protocol: 'http', port: 80 }],
          host: { kind: 'exact', text: 'shop.example.com' },
          path: null,
          port: null,
          priority: null,
          weight: 1,
          options: NO_RULE_OPTIONS,
          stickyCookie: null,
        },
      ],
      faults: [],
    });
  });

  test('every key', () => {
    const { rules, faults } = read({
      host: '*.example.com',
      path: '/Api',
      path_match: 'segment',
      port: '8080',
      entry: 'http, https:8443',
      priority: '3',
      weight: '20',
      proto: 'h2',
      redirect: 'true',
      gzip: 'yes',
      auth: `anna:${HASH}, bert:${HASH}`,
      max_body: '10m',
      timeout: '30s',
      tunnel_timeout: '2h',
      forwarded: 'on',
      send_proxy: 'v2',
      balance: 'leastconn',
      sticky: 'SHOP',
    });
    expect(faults).toEqual([]);
    expect(rules).toEqual([
      {
        name: null,
        entries: [
          { protocol: 'http', port: 80 },
          { protocol: 'https', port: 8443 },
        ],
        host: { kind: 'suffix', text: '.example.com' },
        path: { kind: 'segment', text: '/api' },
        port: 8080,
        priority: 3,
        weight: 20,
        options: {
          proto: 'h2',
          redirectHttps: true,
          gzip: true,
          basicAuth: [`anna:${HASH}`, `bert:${HASH}`],
          maxBodyBytes: 10 * 1024 * 1024,
          serverTimeoutMs: 30_000,
          tunnelTimeoutMs: 7_200_000,
          forwarded: true,
          sendProxy: 'v2',
          balance: 'leastconn',
        },
        stickyCookie: 'SHOP',
      },
    ]);
  });

  test.each([
    ['http', 'http:80'],
    ['https', 'https:443'],
    ['http,https', 'http:80 https:443'],
    ['tcp:5432', 'tcp:5432'],
    ['TLS:993', 'tls:993'],
    ['sni:443, http', 'sni:443 http:80'],
  ])('the entry %s is %s', (entry, expected) => {
    const [rule] = read({ entry }).rules;
    expect(rule?.entries.map(({ protocol, port }) => `${protocol}:${port}`).join(' ')).toBe(expected);
  });

  test('options for requests need one entry that is http', () => {
    expect(read({ host: 'a', entry: 'http,sni:443', gzip: 'true', redirect: 'true', proto: 'h2' }).faults).toEqual([]);
    expect(read({ entry: 'tcp:1', gzip: 'false', proto: 'h1', send_proxy: 'v1', balance: 'source' }).faults).toEqual(
      [],
    );
  });

  test('several rules by name; a fault takes only its own rule away', () => {
    const { rules, faults } = read({
      host: 'shop.example.com',
      'api.host': 'api.example.com',
      'api.port': '9000',
      'bad.host': 'bad example',
      'bad.port': '1',
      'db.entry': 'tcp:5432',
      'unknown.hst': 'x.example.com',
      'unknown.host': 'x.example.com',
      gzip: '',
      'blank.host': '',
    });
    expect(rules.map(({ name }) => name)).toEqual(['api', 'db', null]);
    expect(faults.map(({ label }) => label)).toEqual(['drover.lb.unknown.hst', 'drover.lb.bad.host']);
  });

  test('none without labels', () => {
    expect(lbLabels({ 'drover.stack': 'shop' })).toEqual({ rules: [], faults: [] });
  });

  test.each<[Readonly<Record<string, string>>, string]>([
    [
      { port: '80' },
      'host is missing: the labels do not say which requests the service gets; add the host name, or * for all',
    ],
    [
      { host: 'a b' },
      'host is "a b", not a host name; write it like www.example.com, *.example.com or www.*, without scheme and path',
    ],
    [{ path: 'api' }, 'path is "api": it has no slash; begin it with /'],
    [
      { host: 'a', auth: ' ' },
      'auth is empty; make it with `openssl passwd -6` and write name:hash; in a Compose file, write $$ for each $, or remove it',
    ],
    [
      { path: '/a', path_match: 'exct' },
      'path_match is "exct", not one of prefix, segment, exact, regex; did you mean exact?',
    ],
    [{ host: 'a', path_match: 'exact' }, 'path_match has no effect without a path; add the path, or remove it'],
    [{ host: 'a', port: '70000' }, 'port is "70000", not a whole number from 1 to 65535; correct it'],
    [{ host: 'a', weight: '257' }, 'weight is "257", not a whole number from 0 to 256; correct it'],
    [{ host: 'a', priority: '0' }, 'priority is "0", not a whole number from 1 to 1000000; correct it'],
    [{ entry: 'udp:53' }, 'entry is udp, which comes with a later version of Drover; use tcp, or remove the rule'],
    [{ entry: 'UDP:53' }, 'entry is udp, which comes with a later version of Drover; use tcp, or remove the rule'],
    [{ entry: 'tcp' }, 'entry has no port for tcp; write it like tcp:5432'],
    [
      { entry: 'htttp' },
      'entry has "htttp", not an entry; write http, https, or PROTOCOL:PORT such as tcp:5432, with commas between several',
    ],
    [
      { entry: 'http:80:81' },
      'entry has "http:80:81", not an entry; write http, https, or PROTOCOL:PORT such as tcp:5432, with commas between several',
    ],
    [{ entry: 'http,https:80' }, 'entry has port 80 twice; use each port once'],
    [{ entry: 'http:42' }, 'entry has port 42, which is reserved; use another port'],
    [
      { host: 'a', entry: 'tcp:1' },
      'host does not fit the entry tcp; use http, https, sni, or give tcp a rule of its own: `drover.lb.<rule>.entry`',
    ],
    [
      { path: '/', entry: 'http,sni:1' },
      'path does not fit the entry sni; use http, https, or give sni a rule of its own: `drover.lb.<rule>.entry`',
    ],
    [
      { sticky: 'x', entry: 'tcp:1' },
      'sticky does not fit the entry tcp; use http, https, or give tcp a rule of its own: `drover.lb.<rule>.entry`',
    ],
    [{ host: 'a', sticky: 'a b' }, 'sticky is "a b", not the name of a cookie; use letters, digits, - and _'],
    [{ host: 'a', redirect: 'maybe' }, 'redirect is "maybe", neither true nor false; write true or false'],
    [
      { host: 'a', entry: 'https', redirect: 'true' },
      'redirect has no effect: the rule has no http port; add http, or remove it',
    ],
    [{ entry: 'tcp:1', gzip: 'true' }, 'gzip does not fit tcp; use http or https, or remove it'],
    [{ entry: 'tcp:1', proto: 'h2' }, 'proto does not fit tcp; use http or https, or remove it'],
    [
      { host: 'a', balance: 'roundrobbin' },
      'balance is "roundrobbin", not one of roundrobin, leastconn, source; did you mean roundrobin?',
    ],
    [
      { host: 'a', max_body: '10x' },
      'max_body is "10x", not a size from 1 byte to 1024 GiB; write it like 500k, 10m or 1g',
    ],
    [
      { host: 'a', timeout: '0' },
      'timeout is "0", not a time from 1 ms to 7 days; write it like 30s, 5m, 1h, or in milliseconds',
    ],
    [
      { host: 'a', redirect_https: 'true' },
      'redirect_https is not a label of a load balancer; write `drover.lb.redirect`',
    ],
    [{ zzzzzz: 'a' }, `zzzzzz is not a label of a load balancer; use one of ${LB_LABEL_KEYS.join(', ')}`],
    [{ hots: 'a' }, 'hots is not a label of a load balancer; write `drover.lb.host`'],
    [
      { 'a.b.host': 'a' },
      'a.b.host is not a label of a load balancer; write `drover.lb.<key>` or `drover.lb.<rule>.<key>`; the rule is a word of letters, digits, - and _',
    ],
    [{ Host: 'a' }, 'Host is not a label of Drover: case matters; write `drover.lb.host`'],
  ])('%j: %s', (labels, message) => {
    const { rules, faults } = read(labels);
    expect(rules).toEqual([]);
    expect(faults.map(({ label, what, hint }) => `${label} ${what}; ${hint}`)).toEqual([`drover.lb.${message}`]);
  });
});

describe('users of basic auth', () => {
  const HOW = 'make it with `openssl passwd -6` and write name:hash; in a Compose file, write $$ for each $';
  test.each([
    `$2y$05$${'a'.repeat(53)}`,
    `$2b$12$${'./'.repeat(26)}A`,
    `$5$salt$${'a'.repeat(43)}`,
    `$5$rounds=5000$salt$${'a'.repeat(43)}`,
    HASH,
  ])('accepts %s', (hash) => {
    expect(read({ host: 'a', auth: `anna:${hash}` }).rules[0]?.options.basicAuth).toEqual([`anna:${hash}`]);
  });

  test.each([
    ['anna:secret', `has no hash of crypt(3) ($2y$, $5$ or $6$); passwords are not accepted; ${HOW}`],
    ['anna:', `has no hash of crypt(3) ($2y$, $5$ or $6$); passwords are not accepted; ${HOW}`],
    [
      `anna:$apr1$abc$${'a'.repeat(22)}`,
      `has no hash of crypt(3) ($2y$, $5$ or $6$); passwords are not accepted; ${HOW}`,
    ],
    [`anna:${HASH}\nglobal`, `has no hash of crypt(3) ($2y$, $5$ or $6$); passwords are not accepted; ${HOW}`],
    ['secret', `is not name:hash; ${HOW}`],
    [`a b:${HASH}`, 'has a name that is not accepted; use letters, digits, ., _, @ and - in the name'],
    [
      `anna:${HASH},bert:secret`,
      `entry 2 has no hash of crypt(3) ($2y$, $5$ or $6$); passwords are not accepted; ${HOW}`,
    ],
    [`anna:${HASH},anna:${HASH}`, 'has a name twice; keep one entry for each name'],
  ])('refuses %j without repeating it', (auth, message) => {
    const { rules, faults } = read({ host: 'a', auth });
    expect([rules, faults.map(({ what, hint }) => `${what}; ${hint}`)]).toEqual([[], [message]]);
  });
});
