import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ListenerCertificates } from '../../../lb/table/table.ts';
import { systemClock } from '../../../system/index.ts';
import { backend, listener, rule, server, table } from '../../lb/render/tables.ts';
import { freePort } from '../../support/free-port.ts';
import { type BalancedHost, startBalancedHost } from '../../support/lb/balanced-host.ts';
import { startEcho } from '../../support/lb/echo-process.ts';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';
import { type ServerCertificate, serverCertificate } from '../../support/server-certificate.ts';
import { handshake } from '../../support/tls-handshake.ts';

let resources: Resources;
let host: BalancedHost;
let directory: string;
let port: number;
let app: number;
let one: ServerCertificate;
let two: ServerCertificate;

beforeAll(async () => {
  [one, two] = await Promise.all([
    serverCertificate('one', { names: ['one.test'] }),
    serverCertificate('two', { names: ['one.test', 'two.test'] }),
  ]);
});

beforeEach(async () => {
  resources = createResources();
  directory = await mkdtemp(join(tmpdir(), 'certificates-'));
  resources.add('certificates', () => rm(directory, { recursive: true }));
  host = await startBalancedHost(resources, { certificates: directory });
  [port, app] = [await freePort(), await startEcho(resources)];
});
afterEach(() => resources.close());

async function install(name: string, { cert, key }: ServerCertificate): Promise<void> {
  await writeFile(join(directory, `.${name}`), cert + key);
  await rename(join(directory, `.${name}`), join(directory, `${name}.pem`));
}

/** Waits until the load balancer has read it. */
async function installed(name: string, certificate: ServerCertificate): Promise<void> {
  await install(name, certificate);
  await poll(() => host.balancer.certificates().has(name), { what: `certificate ${name}` });
}

const secure = (at: number, certificates: ListenerCertificates) =>
  listener(at, { protocol: 'https', certificates, rules: [rule('web')] });
const front = (...listeners: readonly ReturnType<typeof listener>[]) =>
  table({ listeners, backends: [backend('web', { servers: [server('127.0.0.1', app)] })] });
const ALL: ListenerCertificates = { names: [], default: null };
const becomes = (name: string, servername: string, at = port) =>
  poll(async () => (await handshake(at, { servername })) === name, { what: `${name} for ${servername}` });

describe('certificates of a running load balancer', () => {
  test('are renewed, added and removed without a reload and without a failed handshake (Q4)', async () => {
    await installed('one', one);
    host.setTable(front(secure(port, ALL)));
    await host.settled();
    const pid = host.pid();
    const seen: string[] = [];
    let renewedAt = Number.POSITIVE_INFINITY;
    let tookMs = Number.POSITIVE_INFINITY;
    for (let count = 0; count < 200 || tookMs === Number.POSITIVE_INFINITY; count += 1) {
      if (count === 50) {
        await install('one', two);
        renewedAt = systemClock.monotonic();
      }
      const name = await handshake(port, { servername: 'one.test' });
      seen.push(name);
      if (name === 'two') tookMs = Math.min(tookMs, systemClock.monotonic() - renewedAt);
      if (systemClock.monotonic() > renewedAt + 10_000) break;
    }
    expect(seen.filter((name) => name !== 'one' && name !== 'two')).toEqual([]);
    // Ten times the target.
    expect(tookMs).toBeLessThan(10_000);
    await install('other', await serverCertificate('other', { names: ['other.test'] }));
    await becomes('other', 'other.test');
    await rm(join(directory, 'other.pem'));
    await becomes('refused', 'other.test');
    expect(await handshake(port, { servername: 'two.test' })).toBe('two');
    expect(host.balancer.status()).toMatchObject({ reloads: 0, problems: [] });
    expect(host.pid()).toBe(pid);
  });

  test('a renewal that no agent saw is applied by the next one, without a reload', async () => {
    await installed('one', one);
    host.setTable(front(secure(port, ALL)));
    await host.settled();
    await host.leave();
    await install('one', two);
    expect(await handshake(port, { servername: 'one.test' })).toBe('one');
    host.enter();
    const seen = new Set<string>();
    await poll(async () => seen.add(await handshake(port, { servername: 'one.test' })).has('two'), { what: 'renewal' });
    expect([...seen]).toEqual(['one', 'two']);
    expect(host.balancer.status().reloads).toBe(0);
  });

  test('a named certificate that is missing is a problem of its port; it is used when it comes (Q34)', async () => {
    await installed('one', one);
    host.setTable(front(secure(port, { names: ['one', 'late'], default: 'late' })));
    await host.settled();
    expect(await handshake(port, { servername: 'one.test' })).toBe('one');
    expect(await handshake(port, { servername: 'other.test' })).toBe('refused');
    expect(host.balancer.status().problems.map(({ subject, what }) => `${subject}: ${what}`)).toEqual([
      `shop/front port ${port}: certificate late is missing; the port goes on without it`,
    ]);
    await install('late', two);
    await becomes('two', 'other.test');
    await host.settled();
    expect(host.balancer.status()).toMatchObject({ reloads: 1, problems: [] });
    expect(host.balancer.certificates().get('late')?.names).toEqual(['one.test', 'two.test']);
  });

  test('a certificate that HAProxy refuses does not stop other changes, also after a cold start (Q34)', async () => {
    const authority = await serverCertificate('authority', { isAuthority: true });
    await installed('one', one);
    await install('old', await serverCertificate('old', { names: ['old.test'], issuer: authority, digest: 'sha1' }));
    const wanted = front(secure(port, ALL));
    host.setTable(wanted);
    await host.settled();
    expect(await handshake(port, { servername: 'one.test' })).toBe('one');
    const second = await freePort();
    host.setTable(front(secure(port, ALL), secure(second, ALL)));
    await host.settled();
    expect(await handshake(second, { servername: 'one.test' })).toBe('one');
    await host.stopHaproxy();
    host.enter();
    await becomes('one', 'one.test', second);
    expect(host.balancer.status().problems.map(({ subject }) => subject)).toEqual(['certificate old']);
  });
});
