import { describe, expect, test } from 'vitest';
import { HOST, openExit, upstreamProblems } from '../../cli/server/dns-upstreams.ts';
import type { UpstreamReport } from '../../dns/upstream/exchange/statistics.ts';

const report = (at: string, suspectForMs: number | null): UpstreamReport => {
  return { at, suspectForMs, rttMs: null, queries: 1, failures: 0, unexpected: 0, tcp: 0 };
};
const whatOf = (upstreams: readonly string[], resolvers: readonly UpstreamReport[], exit = HOST) =>
  upstreamProblems(upstreams, { loops: [], resolvers }, exit).map(({ what }) => what.split(';')[0]);

describe('upstreamProblems()', () => {
  test.each([
    ['192.0.2.53', '192.0.2.53:53'],
    ['192.0.2.53:5353', '192.0.2.53:5353'],
    ['fd00:53::53', '[fd00:53::53]:53'],
    ['FD00:0053:0::53', '[fd00:53::53]:53'],
    ['[fd00:53::53]:5353', '[fd00:53::53]:5353'],
    ['::ffff:192.0.2.53', '192.0.2.53:53'],
    ['fe80::1%eth0', '[fe80::1%eth0]:53'],
  ])('%s is the resolver %s: it is silent, or answers', (upstream, at) => {
    expect(whatOf([upstream], [report(at, 5_000)])).toEqual([`no upstream resolver answers (${upstream})`]);
    expect(whatOf([upstream], [report(at, null)])).toEqual([]);
  });

  test('resolvers that reply with errors are not called silent, unless one of them is', () => {
    const at = ['192.0.2.53', '192.0.2.54'];
    const reports = at.map((one) => ({ ...report(`${one}:53`, 5_000), refuses: true }));
    const [first] = reports as [UpstreamReport];
    expect(whatOf(at.slice(0, 1), [first])).toEqual([
      'the upstream resolver (192.0.2.53) replied to the last queries with errors such as SERVFAIL or REFUSED',
    ]);
    expect(whatOf(at, reports)).toEqual([
      'each upstream resolver (192.0.2.53, 192.0.2.54) replied to the last queries with errors such as SERVFAIL or REFUSED',
    ]);
    expect(whatOf(at, [first, report('192.0.2.54:53', 5_000)])).toEqual([
      'no upstream resolver answers (192.0.2.53, 192.0.2.54)',
    ]);
  });

  test('one of two answers: no problem; none is configured: a problem', () => {
    const both = ['192.0.2.53', '::1'];
    expect(whatOf(both, [report('192.0.2.53:53', 5_000), report('[::1]:53', null)])).toEqual([]);
    expect(whatOf([], [])).toEqual(['no upstream resolver: the host has none that this server can reach']);
  });
});

test('a server that cannot enter the namespace of the host names the resolvers that it cannot reach, and why', () => {
  const exit = openExit('/nonexistent/net');
  expect(exit.place).toBe('namespace');
  const [beyond, ...others] = upstreamProblems(
    ['192.0.2.53', 'fd00::53', '127.0.0.53:5353'],
    { loops: [], resolvers: [] },
    exit,
  );
  expect(beyond?.what).toMatch(
    /^cannot reach fd00::53, 127\.0\.0\.53:5353 from its network namespace \(network namespace \/nonexistent\/net ENOENT/,
  );
  expect(others).toEqual([]);
  expect(whatOf(['192.0.2.53'], [], exit)).toEqual([]);
  expect(whatOf([], [], openExit(null))).toEqual([
    "no upstream resolver: the host has none that this server can reach (the host's network namespace is not known to the DNS server)",
  ]);
  expect(openExit('/proc/self/ns/net').place).toBe('host');
});
