import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../../healthcheck/haproxy/parse-event.ts';
import { parseStat } from '../../../healthcheck/haproxy/parse-stat.ts';

describe('parseEvent()', () => {
  test.each([
    [
      'Health check for server tcp_2000/c1 succeeded, reason: Layer4 check passed, check duration: 0ms, status: 3/3 UP.',
      'c1 passed up: Layer4 check passed',
    ],
    [
      'Health check for server http/c2 failed, reason: Layer7 wrong status, code: 404, info: "File not found", check duration: 3ms, status: 0/2 DOWN.',
      'c2 failed down: Layer7 wrong status, code: 404, info: "File not found"',
    ],
    [
      'Health check for server t/c1 failed, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms, status: 1/3 UP.',
      'c1 failed up: Layer4 connection problem, info: "Connection refused"',
    ],
    [
      'Health check for server t/c1 succeeded, reason: Layer4 check passed, check duration: 0ms, status: 1/2 DOWN.',
      'c1 passed down: Layer4 check passed',
    ],
    [
      'Health check for server t/c1 failed, reason: Layer7 wrong status, code: 500, info: "x, status: 3/3 UP.", check duration: 0ms, status: 0/2 DOWN.',
      'c1 failed down: Layer7 wrong status, code: 500, info: "x, status: 3/3 UP."',
    ],
    ['Server tcp_2000/c1 is DOWN. 0 active and 0 backup servers left.', 'ignored'],
    ['Server t/c1 is UP/READY (leaving forced maintenance).', 'ignored'],
    ['backend t has no server available!', 'ignored'],
    ['', 'ignored'],
    ['Health check for server t/c1 failed, reason: Layer4 timeout, check dura', 'ignored'],
  ])('%s', (line, expected) => {
    const event = parseEvent(line);
    const state = event && `${event.passed ? 'passed' : 'failed'} ${event.up ? 'up' : 'down'}`;
    expect(event === null ? 'ignored' : `${event.server} ${state}: ${event.text}`).toBe(expected);
  });
});

describe('parseStat()', () => {
  const HEADER = '# pxname,svname,status,check_status,check_code,last_chk,check_desc,check_rise,';
  const one = (row: string) => parseStat(`${HEADER}\n${row}\n\n`)?.servers[0]?.checked;

  test.each([
    ['t,c1,UP,L4OK,,,Layer4 check passed,2,', 'up Layer4 check passed'],
    [
      't,c1,UP 1/3,L4CON,,Connection refused,Layer4 connection problem,2,',
      'up Layer4 connection problem, info: "Connection refused"',
    ],
    ['t,c1,DOWN 1/2,* L4OK,,,Layer4 check passed,2,', 'down Layer4 check passed'],
    ['h,c1,DOWN,L7STS,404,Not Found,Layer7 wrong status,2,', 'down Layer7 wrong status, code: 404, info: "Not Found"'],
    [
      'h,c1,DOWN,L7STS,404,"a ""b"", c",Layer7 wrong status,2,',
      'down Layer7 wrong status, code: 404, info: "a "b", c"',
    ],
    ['h,c1,UP,L7OK,200,,Layer7 check passed,2,', 'up Layer7 check passed, code: 200'],
    ['h,c1,UP 1/3,* INI,,,Initializing,2,', 'nothing'],
    ['h,c1,UP,INI,,,Initializing,2,', 'nothing'],
    ['t,c6,MAINT,,,,,,', 'nothing'],
    ['t,c6,no check,,,,,,', 'nothing'],
  ])('%s', (row, expected) => {
    const checked = one(row);
    expect(checked ? `${checked.up ? 'up' : 'down'} ${checked.text}` : 'nothing').toBe(expected);
  });

  test('lists backends and servers', () => {
    const stat = parseStat(
      `${HEADER}\nt,c1,UP,L4OK,,,,2,\nt,c2,MAINT,,,,,,\nt,BACKEND,UP,,,,,,\nempty,BACKEND,UP,,,,,,\n\n`,
    );
    expect(stat?.backends).toEqual(['t', 'empty']);
    expect(stat?.servers.map(({ backend, server, enabled }) => [backend, server, enabled])).toEqual([
      ['t', 'c1', true],
      ['t', 'c2', false],
    ]);
  });

  test('gives null for something else', () => {
    expect(parseStat('Unknown command\n')).toBeNull();
    expect(parseStat('')).toBeNull();
    expect(parseStat(`${HEADER}\nt,c1,UP,L4OK,,,Layer4 check passed,2,\nt,c2,UP,L4`)).toBeNull();
  });
});
