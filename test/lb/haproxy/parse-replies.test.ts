import { expect, test } from 'vitest';
import {
  boundPorts,
  parseBlocks,
  parseInfo,
  parseMapEntries,
  parseMapFiles,
  parseOldWorkers,
  parseRefusals,
  parseServersState,
} from '../../../lb/haproxy/parse-replies.ts';

const HEADER = '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight';
const row = (backend: string, name: string, admin: number, weight: number) =>
  `2 ${backend} 1 ${name} 127.0.0.1 2 ${admin} ${weight} 1 2 1 0 2 0 0 0 0 - 9999 - 0 0 - - 0`;

test('parseServersState() reads the servers of backends among other replies, and empty backends', () => {
  const reply = `New server registered.\n\n1\n${HEADER}\n${row('web', 'a:80', 0, 7)}\n${row('web', 'b:80', 5, 1)}\n\n1\n${HEADER}\n\n`;
  expect(parseServersState(reply, ['web', 'empty'])).toEqual(
    new Map([
      [
        'web',
        new Map([
          ['a:80', { name: 'a:80', weight: 7, isOut: false }],
          ['b:80', { name: 'b:80', weight: 1, isOut: true }],
        ]),
      ],
      ['empty', new Map()],
    ]),
  );
});

test.each([
  ['cut within a line', `1\n${HEADER}\n${row('web', 'a:80', 0, 1)}`],
  ['cut before the second backend', `1\n${HEADER}\n${row('web', 'a:80', 0, 1)}\n\n`],
])('parseServersState() refuses a reply that was %s', (_what, reply) => {
  expect(parseServersState(reply, ['web', 'api'])).toBeNull();
});

test('parseInfo() reads process and structure', () => {
  expect(parseInfo('Name: HAProxy\nPid: 12\ndescription: drover-abc\n')).toEqual({ pid: 12, structure: 'abc' });
  expect(parseInfo('Pid: 12\ndescription: my own\n')).toEqual({ pid: 12, structure: null });
  expect(parseInfo('Name: HAProxy\n')).toBeNull();
});

test('parseOldWorkers() reads the processes that a reload has replaced, and refuses a reply that was cut short', () => {
  const reply = [
    ...[
      '#<PID>          <type>          <reloads>       <uptime>        <version>      ',
      '7603            master   2',
    ],
    ...['# workers', '8079            worker          0               0d00h00m01s     2.6.12'],
    ...['# old workers', '7609            worker          1               0d00h00m18s     2.6.12'],
    ...['7601            worker          2               0d00h00m18s     2.6.12', '# programs', '', ''],
  ].join('\n');
  expect(parseOldWorkers(reply)).toEqual([7609, 7601]);
  expect(parseOldWorkers(reply.replace(/# old workers[^#]*/, ''))).toEqual([]);
  expect(parseOldWorkers(reply.slice(0, -20))).toBeNull();
});

test('parseRefusals() finds lines and messages, and drops the summary', () => {
  const output = [
    '[NOTICE]   (9) : haproxy version is 2.6.12',
    "[ALERT]    (9) : config : parsing [/run/drover/lb/candidate.cfg:12] : unknown keyword 'x' in 'frontend' section",
    "[ALERT]    (9) : config : backend 'web' has no such thing.",
    '[ALERT]    (9) : config : Error(s) found in configuration file : /run/drover/lb/candidate.cfg',
    '[ALERT]    (9) : config : Fatal errors found in configuration.',
  ].join('\n');
  expect(parseRefusals(output)).toEqual([
    { line: 12, message: "unknown keyword 'x' in 'frontend' section" },
    { line: null, message: "backend 'web' has no such thing." },
  ]);
});

test('boundPorts() finds the ports of IPv4 and IPv6 listeners', () => {
  const config =
    'frontend 80\n  bind :::80 v4v6\n  bind *:8080 accept-proxy\n  bind :::443 v4v6 ssl crt-list a.list\n  # bind :::1\n';
  expect(boundPorts(config)).toEqual(new Set([80, 8080, 443]));
});

test('parseMapFiles() and parseMapEntries() read maps among other replies', () => {
  const list =
    "# id (file) description\n0 (maps/a.map) pattern loaded from file 'maps/a.map'\n-1 (maps/b.map) pattern\n\n";
  expect(parseMapFiles(list)).toEqual(['maps/a.map', 'maps/b.map']);
  const reply =
    'Name: HAProxy\n\n\nUnknown map identifier. Please use #<id> or <file>.\n\n0x5f80 a.test web\n0x5f81 b.test/x api\n\n';
  expect(parseBlocks(reply).map((lines) => [...parseMapEntries(lines)])).toEqual([
    [],
    [],
    [],
    [
      ['a.test', 'web'],
      ['b.test/x', 'api'],
    ],
  ]);
  expect(parseBlocks(reply.slice(0, -1))).toHaveLength(3);
});
