import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dig, startDns, type TestDns } from '../dns/wire.ts';
import { freePort } from '../rfc/servers/target.ts';
import { startDnsProgram, unboundAt } from '../support/dns-program.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { container, type World } from '../view/world.ts';

/**
 * A validating resolver in a container: unbound, with Drover as its forwarder. The upstream of Drover is BIND with a signed root,
 * signed and unsigned domains below it, and a domain with a broken signature.
 */
const START = new URL('../../.tools/peers/start', import.meta.url).pathname;
const resources = createResources();
const upstream = { port: 0, anchor: '' };
let drover: TestDns;
let validating = 0;

/** A stack and a service have the names of top-level domains. */
const WORLD: World = { containers: [container('w1', 'shop/app', '10.42.1.1', { name: 'app' })] };

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drover-signed-'));
  resources.add('signed zones', () => rm(directory, { recursive: true, force: true }));
  await writeZones(directory);
  upstream.anchor = await signZones(directory);
  upstream.port = await startBind(directory);
  drover = await startDns(resources, WORLD, { upstreams: [`127.0.0.1:${upstream.port}`] });
  validating = await startUnbound(drover.port);
});
afterAll(() => resources.close());

const start = async (directory: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(START, args, { cwd: directory })).stdout;

/** Origin -> records; every zone has its name server in itself. */
const ZONES: Readonly<Record<string, string>> = {
  '.': delegations('shop', 'app', 'plain'),
  shop: `${delegations('signed', 'bogus')}@ CAA 0 issue "ca.example"\n`,
  app: 'www A 192.0.2.2\n',
  'signed.shop': `www A 192.0.2.1\nalias CNAME www\nours CNAME app.shop.rancher.internal.\ndown DNAME shop.rancher.internal.\n*.wild A 192.0.2.3\n${large()}`,
  'bogus.shop': 'www A 192.0.2.4\n',
  plain: 'www A 192.0.2.5\n',
};
const UNSIGNED = ['plain'];

function delegations(...names: readonly string[]): string {
  return names.map((name) => `${name} NS ns.${name}\nns.${name} A 127.0.0.1\n`).join('');
}

/** A set that does not fit into 1,232 bytes. */
function large(): string {
  return Array.from({ length: 20 }, (_, n) => `large TXT "${String(n).padStart(120, '-')}"\n`).join('');
}

function fileOf(zone: string): string {
  return zone === '.' ? 'root' : zone;
}

async function writeZones(directory: string): Promise<void> {
  for (const [zone, records] of Object.entries(ZONES)) {
    const head = `$ORIGIN ${zone === '.' ? '.' : `${zone}.`}\n$TTL 300\n@ SOA ns mail 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n`;
    await writeFile(join(directory, fileOf(zone)), head + records);
  }
}

/** Children first: a parent contains the DS records of its children. Returns the key of the root. */
async function signZones(directory: string): Promise<string> {
  const signed = Object.keys(ZONES).filter((zone) => !UNSIGNED.includes(zone));
  let key = '';
  const depth = (zone: string) => zone.split('.').filter((label) => label !== '').length;
  for (const zone of signed.sort((a, b) => depth(b) - depth(a))) {
    key = (await start(directory, 'dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', '-f', 'KSK', zone)).trim();
    const nsec3 = zone === 'app' ? ['-3', '-'] : [];
    const how = ['-S', '-z', '-g', '-d', '.', '-K', '.', ...nsec3, '-o', zone, '-f', `${fileOf(zone)}.signed`];
    await start(directory, 'dnssec-signzone', ...how, fileOf(zone));
  }
  const bogus = join(directory, 'bogus.shop.signed');
  await writeFile(bogus, (await readFile(bogus, 'utf8')).replace('192.0.2.4', '192.0.2.66'));
  return (
    (await readFile(join(directory, `${key}.key`), 'utf8')).split('\n').find((line) => line.includes('DNSKEY')) ?? ''
  );
}

async function startBind(directory: string): Promise<number> {
  const port = await freePort();
  const zones = Object.keys(ZONES).map((zone) => {
    const file = `${directory}/${fileOf(zone)}${UNSIGNED.includes(zone) ? '' : '.signed'}`;
    return `zone "${zone}" { type primary; file "${file}"; notify no; };`;
  });
  const conf = `options { directory "DIR"; pid-file none; lock-file none; session-keyfile none; recursion no; minimal-responses yes;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; empty-zones-enable no; dnssec-validation no; };
controls { };
${zones.join('\n')}`;
  const args = ['-g', '-n', '1', '-c', 'DIR/named.conf'];
  const daemon = await startDnsProgram(resources, { name: 'named', files: { 'named.conf': conf }, args });
  const isUp = async () => (await dig(port, '+time=1', 'www.plain').catch(() => '')).includes('192.0.2.5');
  await poll(isUp, { what: 'BIND', timeoutMs: 20_000, giveUp: daemon.assertRunning });
  return port;
}

async function startUnbound(forwarder: number): Promise<number> {
  const port = await freePort();
  const server = [
    'module-config: "validator iterator"',
    `trust-anchor: "${upstream.anchor.replace(/\s+/g, ' ')}"`,
    'domain-insecure: "rancher.internal"',
    'harden-below-nxdomain: yes',
    'aggressive-nsec: no',
  ];
  const forward = `forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@${forwarder}\n`;
  const daemon = await startDnsProgram(resources, unboundAt('127.0.0.1', port, server, forward));
  const isUp = async () => (await dig(port, '+time=1', 'www.plain').catch(() => '')).includes('192.0.2.5');
  await poll(isUp, { what: 'unbound', timeoutMs: 20_000, giveUp: daemon.assertRunning });
  return port;
}

test.each([
  ['www.signed.shop A', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s][\s\S]*192\.0\.2\.1/],
  ['alias.signed.shop A', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s][\s\S]*192\.0\.2\.1/],
  ['any.wild.signed.shop A', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s][\s\S]*192\.0\.2\.3/],
  ['www.app A', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s][\s\S]*192\.0\.2\.2/],
  ['www.signed.shop AAAA', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s][\s\S]*ANSWER: 0/],
  ['nosuch.signed.shop A', /status: NXDOMAIN[\s\S]*flags:[^;]* ad[;\s]/],
  ['nosuch.app A', /status: NXDOMAIN[\s\S]*flags:[^;]* ad[;\s]/],
  ['nosuch NS', /status: NXDOMAIN[\s\S]*flags:[^;]* ad[;\s]/],
  ['large.signed.shop TXT', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s][\s\S]*ANSWER: 20/],
  ['shop DNSKEY', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s]/],
  ['shop CAA', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s][\s\S]*ca\.example/],
  ['. NS', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s]/],
  ['www.plain A', /status: NOERROR[\s\S]*flags: qr rd ra;[\s\S]*192\.0\.2\.5/],
  ['www.bogus.shop A', /status: SERVFAIL/],
  ['app.shop.rancher.internal A', /status: NOERROR[\s\S]*10\.42\.1\.1/],
  // BIND says that our names do not exist, and proves it.
  ['ours.signed.shop A', /status: NOERROR[\s\S]*flags: qr rd ra;[\s\S]*CNAME[\s\S]*10\.42\.1\.1/],
  ['app.down.signed.shop A', /status: NOERROR[\s\S]*flags: qr rd ra;[\s\S]*DNAME[\s\S]*CNAME[\s\S]*10\.42\.1\.1/],
  ['nosuch.down.signed.shop A', /status: NXDOMAIN[\s\S]*flags: qr rd ra;[\s\S]*CNAME[\s\S]*SOA/],
  ['ours.signed.shop CNAME', /status: NOERROR[\s\S]*flags:[^;]* ad[;\s][\s\S]*ANSWER: 1/],
  ['nosuch.rancher.internal A', /status: NXDOMAIN[\s\S]*flags: qr rd ra;/],
])('a validating unbound behind Drover: %s', async (question, expected) => {
  expect(await dig(validating, ...question.split(' '))).toMatch(expected);
  expect(await dig(validating, '+tcp', ...question.split(' ')), 'again, with what is cached').toMatch(expected);
});

test('CD gets past the validation', async () => {
  expect(await dig(validating, '+cd', 'www.bogus.shop')).toMatch(/status: NOERROR[\s\S]*192\.0\.2\.66/);
});

test.each([
  'www.signed.shop A',
  'nosuch.signed.shop A',
  'www.signed.shop AAAA',
  'nosuch.app A',
  'signed.shop DS',
  'plain DS',
  '. DNSKEY',
  'large.signed.shop TXT',
])(
  'records, signatures and proofs are those of the upstream, from the upstream and from the cache: %s',
  async (question) => {
    const args = ['+dnssec', '+tcp', '+noall', '+answer', '+authority', '+nottlid', ...question.split(' ')];
    const records = async (port: number) => (await dig(port, ...args)).trim().split('\n').sort();
    const theirs = await records(upstream.port);
    expect(theirs.some((record) => record.includes('RRSIG'))).toBe(true);
    expect(await records(drover.port)).toEqual(theirs);
    expect(await records(drover.port)).toEqual(theirs);
  },
);

test('AD comes from a validating upstream, only to clients that ask for it, also from the cache', async () => {
  const above = await startDns(resources, WORLD, { upstreams: [`127.0.0.1:${validating}`] });
  for (let n = 0; n < 2; n += 1) {
    expect(await dig(above.port, '+noadflag', 'www.signed.shop')).toMatch(/flags: qr rd ra;/);
    expect(await dig(above.port, '+adflag', 'www.signed.shop')).toMatch(/flags: qr rd ra ad;/);
    expect(await dig(above.port, '+noadflag', '+dnssec', 'www.signed.shop')).toMatch(/flags: qr rd ra ad;[\s\S]*RRSIG/);
    expect(await dig(above.port, '+adflag', 'www.plain')).toMatch(/flags: qr rd ra;/);
    expect(await dig(above.port, 'www.bogus.shop')).toMatch(/status: SERVFAIL/);
    expect(await dig(above.port, '+cd', 'www.bogus.shop')).toMatch(/status: NOERROR[\s\S]*flags: qr rd ra cd;/);
  }
});
