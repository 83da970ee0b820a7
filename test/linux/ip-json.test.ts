import { expect, test } from 'vitest';
import { hasAddress, isUp, overlapsRoute, readDevice, readIp } from '../../linux/index.ts';
import { parseIpv4Cidr } from '../../model/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';

const lo = {
  ifname: 'lo',
  flags: ['LOOPBACK', 'UP'],
  addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8 }],
};
const answering =
  (output: string | Error, commands: string[] = []): RunCommand =>
  async (file, args, options) => {
    commands.push(`${[file, ...args].join(' ')} < ${options?.input}`);
    if (output instanceof Error) throw output;
    return output;
  };

test('readIp() runs all commands in one process, and sorts links from routes', async () => {
  const commands: string[] = [];
  const output = `${JSON.stringify([lo, {}])}\n\n${JSON.stringify([{ dst: 'default' }])}\n`;
  const options = { prefix: ['nsenter', '--net=/run/netns/x', '--'] };
  const found = await readIp(answering(output, commands), ['address show', 'route show'], options);
  expect(found).toEqual({ links: [lo], routes: [{ dst: 'default' }], neighbours: [], netconf: [], rules: [] });
  expect(commands).toEqual(['nsenter --net=/run/netns/x -- ip -json -details -batch - < address show\nroute show\n']);
});

test('readDevice() returns null for a device that does not exist, and rejects for every other reason', async () => {
  const commands: string[] = [];
  expect(await readDevice(answering(JSON.stringify([lo]), commands), 'lo')).toEqual(lo);
  expect(commands).toEqual(['ip -json -details -batch - < address show dev lo\n']);
  expect(await readDevice(answering('[]'), 'lo')).toBeNull();
  const missing = 'Device "x" does not exist.';
  expect(await readDevice(answering(new CommandError(missing, 1, missing, undefined)), 'x')).toBeNull();
  const refused = new CommandError('x', 1, 'Operation not permitted', undefined);
  await expect(readDevice(answering(refused), 'x')).rejects.toBe(refused);
  await expect(readDevice(answering(new Error(missing)), 'x')).rejects.toThrow(missing);
});

test('readIp() passes the signal on, if there is one', async () => {
  const options: unknown[] = [];
  const run: RunCommand = async (_file, _args, given) => {
    options.push(given);
    return '';
  };
  const { signal } = new AbortController();
  await readIp(run, ['link show']);
  await readIp(run, ['link show'], { signal });
  expect(options).toStrictEqual([{ input: 'link show\n' }, { input: 'link show\n', signal }]);
});

test('isUp() and hasAddress() also hold for devices without flags or addresses', () => {
  expect([isUp(lo), isUp({ ifname: 'a' }), isUp({ ifname: 'a', flags: ['LOWER_UP'] })]).toEqual([true, false, false]);
  expect(hasAddress(lo, '127.0.0.1', 8)).toBe(true);
  expect(hasAddress(lo, '127.0.0.1', 32)).toBe(false);
  expect(hasAddress(lo, '127.0.0.2', 8)).toBe(false);
  expect(hasAddress({ ifname: 'a' }, '127.0.0.1', 8)).toBe(false);
});

test.each([
  ['10.42.0.0/16', true],
  ['10.42.1.0/25', true],
  ['10.42.1.7', true],
  ['10.42.2.0/24', false],
  ['10.42.2.1', false],
  ['default', false],
  ['0.0.0.0/0', false],
  ['0.0.0.0/1', false],
  ['128.0.0.0/1', false],
  ['8.0.0.0/6', true],
  ['fd00::/8', false],
])('overlapsRoute(10.42.1.0/24, %s) is %j', (dst, expected) => {
  const cidr = parseIpv4Cidr('10.42.1.0/24');
  expect(cidr && overlapsRoute(cidr, dst)).toBe(expected);
});
