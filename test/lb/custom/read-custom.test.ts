import { expect, test } from 'vitest';
import { type CustomText, readCustom } from '../../../lb/custom/index.ts';

const CONTEXT = {
  listeners: new Map([
    ['80', ['shop/front']],
    ['443', ['shop/front', 'shop/web']],
  ]),
  backends: new Map([
    ['foo', 'shop/front'],
    ['bar', 'shop/front'],
    ['theirs', 'shop/other'],
  ]),
  takenPorts: [7000],
};

const read = (...lines: string[]): CustomText =>
  readCustom({ balancer: 'shop/front', text: lines.join('\n') }, CONTEXT);

const faults = ({ problems }: CustomText) => problems.map(({ subject, what }) => `${subject.split(', ')[1]}: ${what}`);

test('readCustom() sorts the lines by where they are written', () => {
  const custom = read(
    'global',
    '    maxconn 3096',
    '  defaults',
    'retries 5',
    '',
    'mode http',
    'no option forwardfor',
    'BACKEND foo',
    '  balance leastconn',
    'backend',
    '  timeout connect 1s',
    'frontend 80',
    '  accept-proxy',
    '  http-request deny if { path /secret }',
    'backend foo',
    '  option httpclose # a remark',
    '  no option  forwardfor',
  );
  expect(custom).toEqual({
    balancer: 'shop/front',
    global: ['maxconn 3096'],
    defaults: ['retries 5', 'mode http'],
    frontends: new Map([['80', ['http-request deny if { path /secret }']]]),
    backends: new Map([
      ['foo', ['balance leastconn', 'option httpclose # a remark']],
      ['', ['timeout connect 1s']],
    ]),
    serverParameters: new Map([
      ['foo', []],
      ['', []],
    ]),
    noForwardFor: new Set(['', 'foo']),
    own: [],
    bound: [],
    problems: [],
  });
});

test('readCustom() gives the parameters of servers, and sections that no rule makes', () => {
  const custom = read(
    'backend foo',
    '  server $IP ssl verify none',
    '  server $IP maxconn 10 sni req.hdr(host)',
    'global',
    '  userlist people',
    '    user ann insecure-password x',
    'listen stats',
    '  bind :9000',
    '  stats enable',
    'frontend 81',
    '  bind :81',
  );
  expect(custom.serverParameters.get('foo')).toEqual([
    'ssl',
    'verify',
    'none',
    'maxconn',
    '10',
    'sni',
    'req.hdr(host)',
  ]);
  expect(custom.own).toEqual([
    { title: 'userlist people', isProxy: false, lines: ['user ann insecure-password x'] },
    { title: 'listen stats', isProxy: true, lines: ['bind :9000', 'stats enable'] },
    { title: 'frontend 81', isProxy: true, lines: ['bind :81'] },
  ]);
  expect(custom.bound).toEqual([
    { host: '', port: 9000 },
    { host: '', port: 81 },
  ]);
  expect(read('listen x', 'bind 192.0.2.1:1-2,[::1]:3,*:4').bound).toEqual([
    { host: '192.0.2.1', port: 1 },
    { host: '192.0.2.1', port: 2 },
    { host: '::1', port: 3 },
    { host: '', port: 4 },
  ]);
  expect(custom.problems).toEqual([]);
});

test.each([
  ['lines before any section', ['maxconn 1', 'global', 'maxconn 2'], 'line 1: left out: it is before any section'],
  [
    'a backend of another balancer',
    ['backend theirs', 'balance source'],
    'line 1: left out: the backend theirs belongs to shop/other',
  ],
  ['a port that is shared', ['frontend 443', 'timeout client 1s'], 'line 1: left out: other services share port 443'],
  ['programs', ['program x', 'command /bin/sh'], 'line 1: left out: a section "program" is not accepted'],
  ['a name that ends the line', ['userlist a b'], 'line 1: left out: the section "userlist a b" needs one name'],
])('readCustom() refuses %s', (_, lines, fault) => {
  expect(faults(read(...lines))).toEqual([fault]);
});

/** Section and line. */
const DANGEROUS: readonly (readonly [string, string])[] = [
  ['global', 'chroot /'],
  ['global', 'stats socket /tmp/x level admin'],
  ['global', 'lua-load /tmp/x.lua'],
  ['global', "'lua-load' /tmp/x.lua"],
  ['global', 'user root'],
  ['global', 'tune.lua.maxmem 0'],
  ['global', 'ssl-default-bind-ciphers ALL'],
  ['defaults', 'log 192.0.2.1:514 local0'],
  ['defaults', 'errorfile 503 /etc/shadow'],
  ['defaults', 'option external-check'],
  ['frontend 80', 'bind :81 ssl crt /etc/ssl/private'],
  ['frontend 80', 'bind :81 ssl "crt" /etc/ssl/private'],
  ['frontend 80', 'bind :443'],
  ['frontend 80', 'bind 10.0.0.1:81,:400-500'],
  ['listen own', 'bind :6999-7001'],
  ['frontend 80', 'bind unix@/run/x'],
  ['frontend 80', 'acl x path -f /etc/shadow'],
  ['frontend 80', 'http-request return status 200 file /etc/shadow'],
  ['frontend 80', 'http-request set-header X %[str(x),map_str(/etc/passwd)]'],
  ['frontend 80', 'http-request set-header X %[env(CONSUL_HTTP_TOKEN)]'],
  ['frontend 80', 'http-request set-header X "$CONSUL_HTTP_TOKEN"'],
  ['frontend 80', 'http-request lua.x'],
  ['frontend 80', '.if defined(HOME)'],
  ['frontend 80', 'stats admin if TRUE'],
  ['frontend 80', 'filter spoe engine x config /tmp/x'],
  ['frontend 80', "http-request deny if { path 'x }"],
  ['frontend 80', 'http-request deny if { path \\x7d }'],
  ['backend', 'server own 192.0.2.1:80'],
  ['backend foo', 'cookie X insert'],
  ['backend foo', 'balance first'],
  ['backend foo', 'server $IP check'],
  ['backend foo', 'server $IP weight 3'],
  ['backend foo', 'server $IP maxconn'],
  ['backend foo', 'server $IP ssl crt /etc/ssl/private/x.pem'],
  ['backend foo', 'server $IP ssl ca-file /etc/x'],
  ['backend foo', 'server $IP sni str(x);shutdown'],
  ['backend own', 'server docker /var/run/docker.sock'],
  ['listen own', 'server docker unix@/var/run/docker.sock'],
];

test.each(DANGEROUS)('readCustom() refuses in %s: %s', (section, line) => {
  const custom = read(section, line, section.startsWith('global') ? 'maxconn 5' : 'retries 5');
  expect(custom.problems.map(({ subject }) => subject)).toEqual(['config of shop/front, line 2']);
  expect(JSON.stringify([custom, [...custom.frontends], [...custom.backends]])).toMatch(/retries 5|maxconn 5/);
});

test.each([
  ['frontend 80', "http-request set-header X 'a b'"],
  ['frontend 80', 'http-request set-header X "a \\" b"'],
  ['frontend 80', 'http-request set-header X a\\ b'],
  ['frontend 80', 'http-request deny if { path_reg ^/a\\.b\\d }'],
  ['frontend 80', 'bind :8443'],
  ['frontend 80', 'log global'],
  ['backend foo', 'balance uri'],
  ['backend foo', 'server $IP ssl verify required ca-file @system-ca'],
  ['global', 'tune.bufsize 32768'],
])('readCustom() accepts in %s: %s', (section, line) => {
  expect(read(section, line).problems).toEqual([]);
});
