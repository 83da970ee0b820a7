import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAgent, startAgent } from '../../support/agent.ts';
import { startDnsProgram, unboundAt } from '../../support/dns-program.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../../support/test-host.ts';

/** An agent whose DNS runs in its network namespace, two resolvers on the wire, and a stub on the host that asks us. */
const resources = createResources();
let host: TestHost;
let hosts: readonly TestHost[] = [];
let agent: RunningAgent;
let engine: Engine;
let [first, second] = ['', ''];
let hostAddress = '';

const resolvConf = (...lines: readonly string[]) => writeFile(join(host.dir, 'resolv.conf'), `${lines.join('\n')}\n`);

beforeAll(async () => {
  host = await createTestHost(resources, 'upstreams');
  const outside = [await createTestHost(resources, 'resolver-1'), await createTestHost(resources, 'resolver-2')];
  hosts = [host, ...outside];
  [hostAddress = '', first = '', second = ''] = await connectHosts(resources, hosts);
  for (const [n, address] of [first, second].entries()) {
    const lines = ['local-zone: "." static', `local-data: "www.example.com 1 A 198.51.100.${n + 1}"`];
    await startDnsProgram(resources, unboundAt(address, 53, lines), outside[n]);
  }
  await resolvConf(`nameserver ${first}`);
  await host.run('mount', ['--bind', join(host.dir, 'resolv.conf'), '/etc/resolv.conf']);
  engine = await startEngine(resources, host, { dns: ['169.254.169.250'] });
  await engine.buildBusybox();
  agent = await startAgent(resources, host, engine, { config: { network: { enabled: false } } });
});
afterAll(() => resources.close());

const dig = async (name: string, server = '169.254.169.250') =>
  (await host.run('dig', ['+short', '+time=4', '+tries=1', `@${server}`, name, 'A']).catch(() => '')).trim();
const answered = (address: string) =>
  poll(async () => (await dig('www.example.com')) === address, { what: address, timeoutMs: 20_000 });
const problems = async () => (await agent.status()).processes.flatMap((one) => one.problems).map(({ what }) => what);

test("Q29: queries go to the host's resolver, and to another one as soon as the file names it", async () => {
  await answered('198.51.100.1');
  await resolvConf('# by hand', `nameserver ${second}`);
  await answered('198.51.100.2');
});

test("Q29: a container's own resolver, by label or --dns, is used first", async () => {
  const labels = { 'drover.dns.upstreams': first };
  await engine.run('by-label', { StopSignal: 'SIGKILL', Labels: labels });
  await engine.run('by-flag', { StopSignal: 'SIGKILL', HostConfig: { Dns: ['169.254.169.250', first] } });
  await engine.run('plain', { StopSignal: 'SIGKILL' });
  const asks = async (name: string) => (await engine.exec(name, ['nslookup', 'www.example.com'])).output;
  await poll(async () => (await asks('by-label')).includes('198.51.100.1'), { what: 'the label' });
  await poll(async () => (await asks('by-flag')).includes('198.51.100.1'), { what: 'the flag' });
  expect(await asks('plain')).toContain('198.51.100.2');
});

test('Q27 Q29: a stub of the host that forwards to Drover is detected as a loop, reported, and no longer used', async () => {
  const args = ['-k', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file=', '--user=root'];
  const at = [`--listen-address=${hostAddress}`, '--bind-interfaces', '--server=169.254.169.250'];
  await startDnsProgram(resources, { name: 'dnsmasq', args: [...args, ...at] }, host);
  await resolvConf(`nameserver ${hostAddress}`, `nameserver ${first}`);
  await poll(async () => (await dig('www.example.com', hostAddress)) === '198.51.100.1', {
    what: 'an answer through the stub and Drover',
    timeoutMs: 20_000,
  });
  const isTold = async () => (await problems()).some((what) => what.includes('forwarding loop'));
  await poll(isTold, { what: 'the problem', timeoutMs: 15_000 });
  await resolvConf(`nameserver ${first}`);
  await answered('198.51.100.1');
});

describe("Q29: the host's resolver is one that only the host itself reaches", () => {
  const MANY = Array.from({ length: 150 }, (_, n) => `local-data: "many.example.com 300 A 198.51.100.${n}"`);
  beforeAll(async () => {
    const [, outside] = hosts;
    await host.run('ip', ['-6', 'address', 'add', 'fd00:53::1/64', 'dev', 'uplink', 'nodad']);
    for (const address of ['fd00:53::53/64', 'fe80::53/64'])
      await outside?.run('ip', ['-6', 'address', 'add', address, 'dev', 'uplink', 'nodad']);
    const lines = (last: number) => [
      'local-zone: "." static',
      `local-data: "www.example.com 1 A 198.51.100.${last}"`,
      ...MANY,
    ];
    const alsoLinkLocal = ['interface: fe80::53%uplink@53'];
    await startDnsProgram(resources, unboundAt('fd00:53::53', 53, [...lines(6), ...alsoLinkLocal]), outside);
    await startDnsProgram(resources, unboundAt('127.0.0.53', 53, lines(7)), host);
  });

  test.each([
    ['an IPv6 address', 'FD00:0053::53', '198.51.100.6'],
    ['a link-local IPv6 address', 'fe80::53%uplink', '198.51.100.6'],
    ['a stub on the loopback', '127.0.0.53', '198.51.100.7'],
  ])('%s, over UDP and TCP', async (_kind, address, expected) => {
    await resolvConf(`nameserver ${address}`);
    await answered(expected);
    const all = async () => (await host.run('dig', ['+short', '+tcp', '@169.254.169.250', 'many.example.com'])).trim();
    await poll(async () => (await all()).split('\n').length === MANY.length, { what: 'a large answer' });
    // The server reports its problems every two seconds.
    const others = async () => (await problems()).filter((what) => !what.includes('forwarding loop'));
    await poll(async () => (await others()).length === 0, { what: 'no problem' });
    expect((await engine.exec('plain', ['nslookup', '-type=a', 'www.example.com'])).output).toContain(expected);
  });

  test('all resolvers are silent: the problem names an IPv6 address as well', async () => {
    await resolvConf('nameserver fd00:53::99');
    let asked = 0;
    const isTold = async () => {
      asked += 1;
      await dig(`new-${asked}.example.com`);
      return (await problems()).some((what) => what.startsWith('no upstream resolver answers (fd00:53::99)'));
    };
    await poll(isTold, { what: 'the problem', timeoutMs: 20_000 });
  });
});

test('Q29: without any resolver: SERVFAIL and a problem, no built-in resolver', async () => {
  await resolvConf('# none');
  const isTold = async () => (await problems()).some((what) => what.startsWith('no upstream resolver: '));
  await poll(isTold, { what: 'the problem', timeoutMs: 15_000 });
  expect(await host.run('dig', ['@169.254.169.250', 'other.example.com'])).toContain('status: SERVFAIL');
});
