import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { askHaproxy } from '../../../haproxy/index.ts';
import { createRenderer } from '../../../lb/render/index.ts';
import { backend, listener, rule, SETTINGS, server, table } from '../../lb/render/tables.ts';
import { startDaemon } from '../../support/daemon.ts';
import { freePort } from '../../support/free-port.ts';
import { startEcho } from '../../support/lb/echo-process.ts';
import { startLoad } from '../../support/lb/load.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';

const HAPROXY = resolve('test/support/haproxy');
const RELOADS = 8;
/** The rate is high, so that a connection that breaks in between two requests does so under one of them. */
const PER_SECOND = 1_500;

const resources = createResources();
const render = createRenderer();
afterAll(() => resources.close());

test('Q4 a reload loses no request on a kept connection, no WebSocket and no slow upload', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'drover-reload-'));
  resources.add(`directory ${dir}`, () => rm(dir, { recursive: true, force: true }));
  await chmod(dir, 0o711);
  await mkdir(join(dir, 'maps'));
  const [port, appPort] = [await freePort(), await startEcho(resources)];
  const socket = join(dir, 'admin.sock');
  /** A structure of its own for each number; gives what the process with it says about itself. */
  const write = async (number: number): Promise<string> => {
    // A rule for an exact host would be the same structure.
    const hosts = Array.from({ length: number + 1 }, (_, at) => (at === 0 ? 'web.example' : `.more-${at}.example`));
    const rules = hosts.map((text) => rule(text, { host: { kind: 'suffix', text }, backend: 'web' }));
    const backends = [backend('web', { servers: [server('127.0.0.1', appPort), server('127.0.1.1', appPort)] })];
    const { files, structure } = await render(table({ listeners: [listener(port, { rules })], backends }), {
      ...SETTINGS,
      directory: dir,
      reachable: true,
    });
    for (const [name, text] of files) await writeFile(join(dir, name), text);
    return `drover-${structure}`;
  };
  const isRunning = async (description: string): Promise<boolean> =>
    (await askHaproxy(socket, 'show info', { signal: AbortSignal.timeout(5_000) })).includes(description);

  const first = await write(0);
  const haproxy = startDaemon(HAPROXY, ['-W', '-f', join(dir, 'haproxy.cfg')]);
  resources.add('HAProxy', () => haproxy.stop());
  await poll(() => isRunning(first), { what: 'HAProxy', giveUp: haproxy.assertRunning });
  const target = { protocol: 'http', address: '127.0.0.1', port, host: 'web.example', service: 'web' } as const;
  const load = await startLoad(
    resources,
    { start: startDaemon },
    { targets: [target], perSecond: PER_SECOND, webSockets: 5, uploads: 1, uploadSeconds: 4 },
  );
  for (let reload = 1; reload <= RELOADS; reload += 1) {
    const next = await write(reload);
    haproxy.signal('SIGUSR2');
    await poll(() => isRunning(next), { what: `reload ${reload}`, giveUp: haproxy.assertRunning });
    await load.more(PER_SECOND);
  }
  await poll(() => load.current().uploads > 0, { what: 'an upload', timeoutMs: 20_000 });
  const result = await load.stop();
  expect(result.failures).toEqual([]);
  expect(result.webSockets).toBeGreaterThan(5);
});
