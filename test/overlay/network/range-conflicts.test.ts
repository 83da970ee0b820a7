import { expect, test } from 'vitest';
import { planRangeConflicts, readRangeRoutes } from '../../../overlay/network/range-conflicts.ts';

const ranges = ['10.42.0.0/16', '10.43.0.0/16'];
const whatOf = (...args: Parameters<typeof planRangeConflicts>) =>
  planRangeConflicts(...args).map(({ subject, what }) => `${subject}: ${what}`);

test('Q37: routes and resolvers in a range are conflicts, each named', () => {
  const routes = [
    { dst: 'default', dev: 'uplink', protocol: 'static' },
    { dst: '10.42.7.0/24', dev: 'br-lan', protocol: 'kernel' },
    { dst: '10.43.0.9', table: '52' },
    { dst: '0.0.0.0/1', dev: 'tun0' },
    { dst: '128.0.0.0/1', dev: 'tun0' },
    { dst: '192.0.2.0/24', dev: 'uplink', protocol: 'kernel' },
  ];
  expect(whatOf({ ranges, resolvers: ['10.43.0.53', '192.0.2.53', 'fd00::53'] }, routes)).toEqual([
    'managed network range 10.42.0.0/16: overlaps the route to 10.42.7.0/24 on br-lan of this host',
    'managed network range 10.43.0.0/16: overlaps the route to 10.43.0.9 on no device (table 52) of this host',
    'managed network range 10.43.0.0/16: overlaps the resolver 10.43.0.53 of this host',
  ]);
});

test('routes to our bridge and routes of our protocol are no conflicts', () => {
  const own = { dst: '10.42.1.0/24', dev: 'drover1', protocol: 'kernel' };
  const peer = { dst: '10.42.2.0/24', dev: 'uplink', protocol: '250' };
  expect(whatOf({ ranges }, [own, peer])).toEqual([]);
  expect(whatOf({ ranges, device: 'other', protocol: 99 }, [own, peer])).toHaveLength(2);
});

test('a range that is not an IPv4 CIDR conflicts with nothing', () => {
  expect(whatOf({ ranges: ['fd00::/64'] }, [{ dst: '10.42.7.0/24' }])).toEqual([]);
});

test('readRangeRoutes() reads all tables, but not the addresses of the host and what our charon routes', async () => {
  const tables = ['main', 'local', '52', '10042'].map((table) => ({ dst: '10.42.7.0/24', table }));
  const inputs: (string | undefined)[] = [];
  const routes = await readRangeRoutes(async (_file, _args, options) => {
    inputs.push(options?.input);
    return JSON.stringify(tables);
  });
  expect(routes.map(({ table }) => table)).toEqual(['main', '52']);
  expect(inputs).toEqual(['route show table all\n']);
});
