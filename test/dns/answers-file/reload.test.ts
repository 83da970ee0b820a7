import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { addresses, ask, dig } from '../wire.ts';
import { logLines, type StandAlone, startStandAlone } from './stand-alone.ts';
import { askSteadily } from './steady.ts';

const resources = createResources();
let server: StandAlone;
beforeAll(async () => {
  server = await startStandAlone(resources, { text: fileWith('10.0.0.1') });
});
afterAll(() => resources.close());

function fileWith(address: string): string {
  return `default:\n  authoritative: [rancher.internal]\n  a:\n    web.rancher.internal.: { answer: ["${address}"] }\n`;
}
const web = () => addresses(server.port, 'web.rancher.internal');

describe('reload', () => {
  test('POST /v1/reload returns OK; the new content is used from then on', async () => {
    await server.write(fileWith('10.0.0.2'));
    expect(await web()).toBe('10.0.0.1');
    expect(await server.reload()).toEqual({ status: 200, body: 'OK' });
    expect(await web()).toBe('10.0.0.2');
  });

  test('SIGHUP does the same', async () => {
    await server.write(fileWith('10.0.0.3'));
    server.daemon.signal('SIGHUP');
    await poll(async () => (await web()) === '10.0.0.3', { what: 'the new file' });
  });

  test('Q34 a file that cannot be read: 500 with the reason; the last good answers stay', async () => {
    await server.write('default:\n  a: {\n');
    const { status, body } = await server.reload();
    expect(status).toBe(500);
    expect(body).toMatch(/answers\.yaml:\d: is not valid YAML/);
    expect(await web()).toBe('10.0.0.3');
    server.daemon.signal('SIGHUP');
    await poll(() => logLines(server.daemon.output()).filter(({ level }) => level === 'error').length === 2, {
      what: 'the second failure in the log',
    });
    expect(await web()).toBe('10.0.0.3');
    await rm(server.path);
    expect(await server.reload()).toMatchObject({ status: 500, body: expect.stringContaining('does not exist') });
    expect(await web()).toBe('10.0.0.3');
  });

  test('Q34 one invalid entry affects only itself: OK, and the log names it', async () => {
    await server.write(`${fileWith('10.0.0.4')}    bad.rancher.internal: { answer: ["10.0.0.9"] }\n`);
    expect((await server.reload()).status).toBe(200);
    expect(await web()).toBe('10.0.0.4');
    expect(server.daemon.output()).toMatch(/answers\.yaml:5 default\.a\[\\"bad\.rancher\.internal\\"\]: does not end/);
  });

  test('upstreams change with the file; a failure of the old ones is not cached for the new ones', async () => {
    expect(await addresses(server.port, 'www.example.com')).toBe('SERVFAIL');
    const { startUpstream, answering } = await import('../upstream-server.ts');
    const upstream = await startUpstream(resources, answering('192.0.2.1'));
    await server.write(`default: { recurse: ["${upstream.at}"] }\n`);
    await server.reload();
    expect(await addresses(server.port, 'www.example.com')).toBe('192.0.2.1');
    expect(await web()).toBe('192.0.2.1');
  });

  test('other methods and paths: 404', async () => {
    const at = `http://127.0.0.1:${server.reloadPort}`;
    expect((await fetch(`${at}/v1/reload`)).status).toBe(404);
    expect((await fetch(`${at}/`, { method: 'POST' })).status).toBe(404);
  });
});

describe('start', () => {
  test('without a file: no answers and a log line, until the file exists', async () => {
    const late = await startStandAlone(resources, { text: null });
    expect(await addresses(late.port, 'web.rancher.internal')).toBe('SERVFAIL');
    expect(late.daemon.output()).toContain('the answers file does not exist');
    await late.write(fileWith('10.0.0.5'));
    expect(await late.reload()).toEqual({ status: 200, body: 'OK' });
    expect(await addresses(late.port, 'web.rancher.internal')).toBe('10.0.0.5');
  });

  test('with a broken file the server does not start and reports why', async () => {
    await expect(startStandAlone(resources, { text: 'default: {' })).rejects.toThrow(/is not valid YAML/);
  });

  test('the reload port is in use: a log line, and everything else works', async () => {
    const flags = ['--listen-reload', `127.0.0.1:${server.reloadPort}`];
    const second = await startStandAlone(resources, { text: fileWith('10.0.0.6'), flags });
    expect(await addresses(second.port, 'web.rancher.internal')).toBe('10.0.0.6');
    expect(second.daemon.output()).toContain('cannot listen on the reload address');
  });
});

describe('100,000 names', () => {
  const names = 100_000;
  const big = (last: number) =>
    JSON.stringify({
      default: {
        authoritative: ['rancher.internal'],
        a: Object.fromEntries(
          Array.from({ length: names }, (_, n) => [
            `service-${n % 1_000}.stack-${Math.floor(n / 1_000)}.rancher.internal.`,
            { answer: [0, 1, 2, 3, 4].map((k) => `10.${n >> 12}.${(n >> 4) & 255}.${(n & 15) * 8 + k}`) },
          ]).concat([['mark.rancher.internal.', { answer: [`10.255.0.${last}`] }]]),
        ),
      },
    });
  let large: StandAlone;

  test('are loaded in time and within the memory limit', async () => {
    const before = performance.now();
    large = await startStandAlone(resources, { text: big(1) });
    const wallMs = performance.now() - before;
    const { answers } = await ask(large.port, 'service-999.stack-99.rancher.internal', { tcp: true });
    expect(answers).toHaveLength(5);
    const rss = await rssBytes(large.daemon.pid);
    const cpuMs = await cpuMsOf(large.daemon.pid);
    console.info(`${names} names: ${Math.round(wallMs)} ms to serve, ${cpuMs} ms of CPU, ${Math.round(rss / 1e6)} MB`);
    // The target is one second. CPU time does not depend on other programs.
    expect(cpuMs).toBeLessThan(10_000);
    expect(rss).toBeLessThan(300e6);
  });

  test('Q16 three reloads under load: no query is lost, late or wrong', async () => {
    const texts = [2, 3, 4].map((round) => big(round));
    const load = askSteadily(
      large.port,
      ['mark', 'service-7.stack-7', 'nosuch'].map((name) => `${name}.rancher.internal`),
    );
    for (let round = 2; round <= 4; round += 1) {
      await large.write(texts[round - 2] ?? '');
      const reloaded = round === 3 ? await reloadBySignal(large, round) : await large.reload();
      expect(reloaded).toEqual({ status: 200, body: 'OK' });
      expect(await addresses(large.port, 'mark.rancher.internal')).toBe(`10.255.0.${round}`);
    }
    const { sent, lost, slowestMs, rcodes } = await load.stop();
    console.info(`${sent} queries during three reloads: ${lost} lost, the slowest ${Math.round(slowestMs)} ms`);
    expect(sent).toBeGreaterThan(1_000);
    expect(lost).toBe(0);
    expect(slowestMs).toBeLessThan(1_000);
    expect(Object.keys(rcodes).sort()).toEqual(['mark 0', 'nosuch 3', 'service-7 0']);
  });
});

async function reloadBySignal(large: StandAlone, round: number) {
  large.daemon.signal('SIGHUP');
  await poll(async () => (await dig(large.port, '+short', 'mark.rancher.internal')) === `10.255.0.${round}\n`, {
    what: 'the new file',
    timeoutMs: 20_000,
  });
  return { status: 200, body: 'OK' };
}

/** CPU time of a process and its finished children; the kernel counts in hundredths of a second. */
async function cpuMsOf(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}

async function rssBytes(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const kilobytes = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}
