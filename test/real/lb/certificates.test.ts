import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askHaproxy } from '../../../haproxy/index.ts';
import {
  ALL_CERTIFICATES,
  bindCertificates,
  CertificateStore,
  createHaproxyCheck,
  planCertificates,
  RunningCertificates,
} from '../../../lb/certificates/index.ts';
import { runCommand, systemClock } from '../../../system/index.ts';
import { freePort } from '../../support/free-port.ts';
import { poll } from '../../support/poll.ts';
import { type ServerCertificate, serverCertificate } from '../../support/server-certificate.ts';
import { testLog } from '../../support/test-log.ts';
import { handshake } from '../../support/tls-handshake.ts';

const HAPROXY = new URL('../../support/haproxy', import.meta.url).pathname;
const never = new AbortController().signal;

let authority: ServerCertificate;
let one: ServerCertificate;
let two: ServerCertificate;
let base: string;
let directory: string;
let privateDirectory: string;
let socket: string;
let stop: AbortController;
let store: CertificateStore;
let running: RunningCertificates;
let storeRun: Promise<void>;
const children: ChildProcess[] = [];

beforeAll(async () => {
  authority = await serverCertificate('authority', { isAuthority: true });
  [one, two] = await Promise.all([
    serverCertificate('one', { names: ['one.test'] }),
    serverCertificate('two', { names: ['one.test', 'two.test'] }),
  ]);
});

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'lb-certificates-'));
  [directory, privateDirectory, socket] = [join(base, 'from'), join(base, 'private'), join(base, 'admin.sock')];
  await mkdir(directory);
});

afterEach(async () => {
  stop?.abort();
  await storeRun;
  await killHaproxy();
  await rm(base, { recursive: true });
});

const install = (name: string, { cert, key }: ServerCertificate) =>
  writeFile(join(directory, `${name}.pem`), key + cert);
const ask = (commands: string) => askHaproxy(socket, commands, { signal: never });
const haproxyPid = async () => /^Pid: (\d+)$/m.exec(await ask('show info'))?.[1] ?? '';

/** Reads the certificates, as the agent does when it starts. */
async function startStore(): Promise<void> {
  stop = new AbortController();
  store = new CertificateStore(
    { clock: systemClock, log: testLog('certificates'), refused: createHaproxyCheck(runCommand, [HAPROXY]) },
    { directory, privateDirectory, removeAfterMs: 100 },
  );
  running = new RunningCertificates({ ask }, privateDirectory);
  storeRun = store.run(stop.signal);
  await store.loaded;
}

/** One pass of an applier. */
async function bringUpToDate(): Promise<readonly string[]> {
  const changes = planCertificates(store.current, await running.observe(await haproxyPid()));
  for (const change of changes) await running.apply(change);
  return changes.map(({ kind }) => kind);
}

async function killHaproxy(): Promise<void> {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

interface ListenerWish {
  readonly names: readonly string[];
  readonly default: string | null;
}

/** Starts HAProxy with a listener for each wish; gives their ports. */
async function startHaproxy(...wishes: readonly ListenerWish[]): Promise<readonly number[]> {
  const ports: number[] = [];
  for (const _ of wishes) ports.push(await freePort());
  const frontends = wishes.map((certificates, index) => {
    const port = ports[index] ?? 0;
    const { files, all, strictSni } = bindCertificates({ port, balancers: [], certificates }, store.current, directory);
    const words = [
      ...files.map((file) => `crt ${file}`),
      all && `crt-list ${join(privateDirectory, ALL_CERTIFICATES)}`,
      strictSni && 'strict-sni',
    ];
    return `frontend f${index}\n  bind 127.0.0.1:${port} ssl ${words.filter(Boolean).join(' ')}\n  http-request return status 200\n`;
  });
  const config = join(base, 'haproxy.cfg');
  const times = 'timeout client 9s\n  timeout server 9s\n  timeout connect 9s';
  const head = `global\n  stats socket ${socket} level admin\ndefaults\n  mode http\n  ${times}\n`;
  await writeFile(config, head + frontends.join(''));
  const child = spawn(HAPROXY, ['-db', '-f', config], { stdio: 'ignore' });
  children.push(child);
  await poll(haproxyPid, { what: 'HAProxy', giveUp: () => expect(child.exitCode).toBe(null) });
  return ports;
}

describe('certificates in HAProxy', () => {
  test('are chosen by name and by what the client can; unknown names get the default or are refused', async () => {
    await install('one', one);
    await install('*.wild', await serverCertificate('wild', { names: ['*.wild.test'] }));
    await install('both-ec', await serverCertificate('both ec', { names: ['both.test'] }));
    await install('both-rsa', await serverCertificate('both rsa', { names: ['both.test'], rsaBits: 2048 }));
    await startStore();
    const [all, withDefault, named, without] = await startHaproxy(
      { names: [], default: null },
      { names: [], default: 'both-rsa' },
      { names: ['one', 'nope'], default: null },
      { names: ['nope'], default: 'nope' },
    );
    const onlyRsa = 'RSA-PSS+SHA256:RSA+SHA256';
    expect({
      exact: await handshake(all, { servername: 'one.test' }),
      wildcard: await handshake(all, { servername: 'a.wild.test' }),
      modern: await handshake(all, { servername: 'both.test' }),
      old: await handshake(all, { servername: 'both.test', sigalgs: onlyRsa }),
      unknown: await handshake(all, { servername: 'other.test' }),
      noName: await handshake(all),
      defaultUnknown: await handshake(withDefault, { servername: 'other.test' }),
      defaultNoName: await handshake(withDefault),
      defaultExact: await handshake(withDefault, { servername: 'one.test' }),
      namedExact: await handshake(named, { servername: 'one.test' }),
      namedOther: await handshake(named, { servername: 'both.test' }),
      without: await handshake(without, { servername: 'one.test' }),
    }).toEqual({
      exact: 'one',
      wildcard: 'wild',
      modern: 'both ec',
      old: 'both rsa',
      unknown: 'refused',
      noName: 'refused',
      defaultUnknown: 'both rsa',
      defaultNoName: 'both rsa',
      defaultExact: 'one',
      namedExact: 'one',
      namedOther: 'refused',
      without: 'refused',
    });
    expect(await bringUpToDate()).toEqual([]);
  });

  test('are renewed while clients connect: no failed handshake, no reload, new names work (Q4)', async () => {
    await install('one', one);
    await startStore();
    const [port, named] = await startHaproxy({ names: [], default: null }, { names: ['one'], default: 'one' });
    const pid = await haproxyPid();
    await bringUpToDate();
    store.onChange(() => void bringUpToDate());
    const seen: string[] = [];
    let renewedAt = Number.POSITIVE_INFINITY;
    let seenAt = Number.POSITIVE_INFINITY;
    for (let count = 0; count < 200 || seenAt === Number.POSITIVE_INFINITY; count += 1) {
      if (count === 50) {
        await install('one', two);
        renewedAt = performance.now();
      }
      const name = await handshake(port, { servername: 'one.test' });
      seen.push(name);
      if (name === 'two') seenAt = Math.min(seenAt, performance.now());
      if (performance.now() > renewedAt + 10_000) break;
    }
    expect(seen.filter((name) => name !== 'one' && name !== 'two')).toEqual([]);
    expect(seen.lastIndexOf('one')).toBe(seen.indexOf('two') - 1);
    // Ten times the target.
    expect(seenAt - renewedAt).toBeLessThan(10_000);
    expect([await handshake(port, { servername: 'two.test' }), await handshake(named)]).toEqual(['two', 'two']);
    expect(await haproxyPid()).toBe(pid);
  });

  test('stay when a renewal is broken, and other certificates go on (Q34)', async () => {
    await install('one', one);
    await startStore();
    const [port] = await startHaproxy({ names: [], default: null });
    await bringUpToDate();
    await writeFile(join(directory, 'one.pem'), one.key + two.cert);
    await install('other', await serverCertificate('other', { names: ['other.test'] }));
    await poll(() => store.current.has('other'), { what: 'the other certificate' });
    expect(await bringUpToDate()).toEqual(['add certificate']);
    expect([
      await handshake(port, { servername: 'one.test' }),
      await handshake(port, { servername: 'other.test' }),
    ]).toEqual(['one', 'other']);
  });

  test('are added and removed without a reload, also the first one', async () => {
    await startStore();
    const [port] = await startHaproxy({ names: [], default: null });
    expect([await bringUpToDate(), await handshake(port, { servername: 'one.test' })]).toEqual([[], 'refused']);
    await install('a b;c', one);
    await poll(() => store.current.size === 1, { what: 'the certificate' });
    expect(await bringUpToDate()).toEqual(['add certificate']);
    expect(await handshake(port, { servername: 'one.test' })).toBe('one');
    expect(await bringUpToDate()).toEqual([]);
    await rm(join(directory, 'a b;c.pem'));
    await poll(() => store.current.size === 0, { what: 'the removal' });
    expect(await bringUpToDate()).toEqual(['remove certificate']);
    expect(await handshake(port, { servername: 'one.test' })).toBe('refused');
    expect(await ask('show ssl cert')).not.toContain('.pem');
  });

  test('are renewed by the next agent, also after one that was killed in a renewal', async () => {
    await install('one', one);
    await install('other', await serverCertificate('other', { names: ['other.test'] }));
    await startStore();
    const [port] = await startHaproxy({ names: [], default: null });
    stop.abort();
    await storeRun;
    await ask(`set ssl cert ${join(privateDirectory, 'other.pem')} <<\n${two.cert}\n`);
    await install('one', two);
    await startStore();
    expect(await bringUpToDate()).toEqual(['renew certificate']);
    expect(await handshake(port, { servername: 'two.test' })).toBe('two');
    expect(await handshake(port, { servername: 'other.test' })).toBe('other');
    expect(await bringUpToDate()).toEqual([]);
  });

  test('are a problem without any part of the key if HAProxy refuses them, and others go on', async () => {
    await install('one', one);
    await startStore();
    const [port] = await startHaproxy({ names: [], default: null });
    await bringUpToDate();
    await install('one', two);
    await poll(() => store.current.get('one')?.names.includes('two.test'), { what: 'the renewal' });
    // Somebody else writes into Drover's directory.
    await writeFile(join(privateDirectory, 'one.pem'), one.key + two.cert);
    await install('other', await serverCertificate('other', { names: ['other.test'] }));
    await poll(() => store.current.has('other'), { what: 'the other certificate' });
    expect(await bringUpToDate()).toEqual(['renew certificate', 'add certificate']);
    const [refusal, ...others] = running.problems(store.current).map(({ subject, what }) => `${subject}: ${what}`);
    expect(refusal).toMatch(
      /^certificate one: HAProxy does not take it \(inconsistencies between private key.*; the certificate before stays in use$/,
    );
    expect(others).toEqual([]);
    expect(refusal).not.toContain(one.key.split('\n')[1]);
    expect(await bringUpToDate()).toEqual([]);
    expect(await handshake(port, { servername: 'other.test' })).toBe('other');
    expect(await handshake(port, { servername: 'one.test' })).toBe('one');
  });

  test('are left out if HAProxy does not start with them (Q34)', async () => {
    const old = await serverCertificate('old', { names: ['old.test'], issuer: authority, digest: 'sha1' });
    await install('old', old);
    await install('one', one);
    await startStore();
    expect([...store.current.keys()]).toEqual(['one']);
    expect(store.problems().map(({ subject, what }) => `${subject}: ${what}`)).toEqual([
      'certificate old: HAProxy refuses it, although certificate and key belong together',
    ]);
    const [port] = await startHaproxy({ names: [], default: null });
    expect(await handshake(port, { servername: 'one.test' })).toBe('one');
  });

  test('are read again after HAProxy was replaced while they were changed', async () => {
    await install('one', one);
    await startStore();
    await startHaproxy({ names: [], default: null });
    const before = await running.observe(await haproxyPid());
    await install('other', await serverCertificate('other', { names: ['other.test'] }));
    await poll(() => store.current.has('other'), { what: 'the other certificate' });
    await killHaproxy();
    await startHaproxy({ names: [], default: null });
    const [change] = planCertificates(store.current, before);
    expect(change?.kind).toBe('add certificate');
    await expect(change && running.apply(change)).rejects.toThrow('HAProxy was replaced meanwhile');
    expect(await bringUpToDate()).toEqual([]);
    const list = await ask(`show ssl crt-list ${join(privateDirectory, ALL_CERTIFICATES)}`);
    expect(list.match(/other\.pem/g)).toHaveLength(1);
  });

  test('may have the largest chain that the store accepts', async () => {
    const names = Array.from(
      { length: 190 },
      (_, index) => `host-${index}.quite-long-name.that-fills.the-certificate.test`,
    );
    const large = await serverCertificate('large', { names, rsaBits: 2048 });
    expect(large.cert.length).toBeGreaterThan(15_000);
    await install('one', one);
    await startStore();
    const [port] = await startHaproxy({ names: [], default: null });
    await bringUpToDate();
    await install('one', large);
    await poll(() => store.current.get('one')?.names[0] === names[0], { what: 'the renewal' });
    expect(await bringUpToDate()).toEqual(['renew certificate']);
    expect(await handshake(port, { servername: names[7] ?? '' })).toBe('large');
  });

  test('are served with their OCSP response; a response that HAProxy refuses is a problem', async () => {
    const site = await serverCertificate('site', { names: ['site.test'], issuer: authority });
    const withChain = { ...site, cert: site.cert + authority.cert };
    await install('site', withChain);
    await ocspResponse(site, join(directory, 'site.ocsp'));
    await startStore();
    const [port] = await startHaproxy({ names: [], default: null });
    expect(await stapled(port, 'site.test')).toBe(0);
    expect(await bringUpToDate()).toEqual(['renew certificate']);
    expect(await stapled(port, 'site.test')).toBeGreaterThan(100);
    expect([running.problems(store.current), await bringUpToDate()]).toEqual([[], []]);
    // HAProxy does not read the response when it starts: it would not start with an expired one.
    await killHaproxy();
    const [again] = await startHaproxy({ names: [], default: null });
    expect([await stapled(again, 'site.test'), await bringUpToDate()]).toEqual([0, ['renew certificate']]);
    expect(await stapled(again, 'site.test')).toBeGreaterThan(100);
    const { version } = store.current.get('site') ?? {};
    await writeFile(join(directory, 'site.ocsp'), 'nonsense');
    await poll(() => store.current.get('site')?.version !== version, { what: 'the new response' });
    expect(await bringUpToDate()).toEqual(['renew certificate']);
    expect(running.problems(store.current).map(({ subject, what }) => `${subject}: ${what}`)).toEqual([
      'certificate site: HAProxy refuses its OCSP response; the certificate is served without it',
    ]);
    expect(await handshake(again, { servername: 'site.test' })).toBe('site');
    expect(await bringUpToDate()).toEqual([]);
  });
});

/** Size of the OCSP response that the server sends with its certificate. */
async function stapled(port = 0, servername: string): Promise<number> {
  const client: TLSSocket = connect({
    host: '127.0.0.1',
    port,
    servername,
    rejectUnauthorized: false,
    requestOCSP: true,
  });
  const [[response]] = (await Promise.all([once(client, 'OCSPResponse'), once(client, 'secureConnect')])) as [
    [Buffer | null],
    unknown,
  ];
  client.destroy();
  return response?.length ?? 0;
}

/** Writes a response of the authority that says that the certificate is good. */
async function ocspResponse(site: ServerCertificate, to: string): Promise<void> {
  const file = (name: string): string => join(base, name);
  await writeFile(file('ca.pem'), authority.cert);
  await writeFile(file('ca.key'), authority.key);
  await writeFile(file('site.crt'), site.cert);
  const serial = await runCommand('openssl', ['x509', '-in', file('site.crt'), '-noout', '-serial']);
  const entry = ['V', '491231235959Z', '', serial.replace('serial=', '').trim(), 'unknown', '/CN=site'];
  await writeFile(file('index.txt'), `${entry.join('\t')}\n`);
  const ca = ['-CA', file('ca.pem'), '-rsigner', file('ca.pem'), '-rkey', file('ca.key'), '-issuer', file('ca.pem')];
  const what = ['-cert', file('site.crt'), '-ndays', '1', '-respout', file('response')];
  await runCommand('openssl', ['ocsp', '-index', file('index.txt'), ...ca, ...what]);
  await cp(file('response'), to);
}
