import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openBus } from '../../agent/bus/open-bus.ts';
import { type ControlSources, controlRoutes } from '../../agent/control/routes.ts';
import { busFailure } from '../../agent/control/status.ts';
import { loadConfig } from '../../agent/index.ts';
import type { Bus } from '../../bus/index.ts';
import { formatProblem } from '../../model/index.ts';
import { createLog } from '../../system/index.ts';
import { viewOf } from '../../view/index.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { declaration, snapshot } from '../view/world.ts';

const REFUSED = 'a transaction of 16 operations at http://192.0.2.101:8500: connect ECONNREFUSED';
const PROBLEM = {
  subject: 'bus consul',
  what: REFUSED,
  hint: 'check that the bus is running; then run this command again',
};

/** An agent whose bus fails. */
function routesWith(error: Error) {
  const fail = () => Promise.reject(error);
  const bus = { driver: 'consul', connected: false, problem: null, lastContactMs: null };
  const view = viewOf(snapshot({ declarations: [declaration('shop/pay', { externalIps: ['203.0.113.9'] })] }), 'a');
  const gone = { list: fail, forget: fail };
  const sources = { status: () => ({ bus }), view: () => view, apply: fail, remove: fail, declarations: fail, gone };
  const routes = controlRoutes(sources as unknown as ControlSources);
  return (name: string, body?: unknown) => routes.get(name)?.(body);
}

describe('while the bus does not answer', () => {
  test.each([
    ['POST /v1/apply', { files: [], stack: null, variables: {}, dryRun: false, prune: false }],
    ['POST /v1/remove', { stack: 'shop', service: null, dryRun: false }],
    ['GET /v1/gone', undefined],
    ['POST /v1/forget', { host: 'b' }],
  ])('%s names the bus and what to do', async (route, body) => {
    expect(await routesWith(new Error(REFUSED))(route, body)).toEqual({ status: 503, body: { problems: [PROBLEM] } });
    await expect(async () => routesWith(new TypeError('x is not a function'))(route, body)).rejects.toThrow(TypeError);
  });

  test('GET /v1/declarations gives the last known state, and says so', async () => {
    const what = `does not answer, so this is the last known state: ${REFUSED}`;
    expect(await routesWith(new Error(REFUSED))('GET /v1/declarations')).toMatchObject({
      status: 200,
      body: { declarations: [{ stack: 'shop', name: 'pay' }], problems: [{ ...PROBLEM, what }] },
    });
  });
});

describe('a bus that cannot be opened', () => {
  const log = createLog('agent', { level: 'silent', format: 'json' });

  async function openFaulty(): Promise<{ readonly dataDir: string; readonly clock: FakeClock; readonly bus: Bus }> {
    const dataDir = await mkdtemp(join(tmpdir(), 'drover-bus-'));
    onTestFinished(() => rm(dataDir, { recursive: true }));
    await mkdir(join(dataDir, 'bus.db'));
    const loaded = await loadConfig({ readFile: async () => '' }, { env: { DROVER_DATA_DIR: dataDir }, flags: {} });
    if (!loaded.ok) throw new Error('no configuration');
    const clock = createFakeClock();
    const { bus } = await openBus({ clock, log, hears: () => false }, loaded.config);
    onTestFinished(() => bus.close());
    return { dataDir, clock, bus };
  }

  test('gives the cause, and refuses requests', async () => {
    const { dataDir, bus } = await openFaulty();
    const status = bus.status();
    expect(formatProblem(busFailure(status, status.problem ?? '', 'until then ...'))).toBe(
      `bus embedded: cannot open the bus file ${dataDir}/bus.db: unable to open database file; fix the cause; until then ...`,
    );
    await expect(bus.list('service/')).rejects.toThrow('unable to open database file');
    await expect(bus.join('h1', AbortSignal.abort())).rejects.toThrow('unable to open database file');
  });

  test('works without a restart of the agent once the cause is gone', async () => {
    const { dataDir, clock, bus } = await openFaulty();
    const stop = new AbortController();
    const watched = bus.watch(stop.signal)[Symbol.asyncIterator]();
    const batch = watched.next();
    const joined = bus.join('h1', stop.signal);
    await clock.advance(60_000);
    expect(bus.status()).toMatchObject({ connected: false, unopened: true });
    await rm(join(dataDir, 'bus.db'), { recursive: true });
    await clock.advance(10_000);
    await (await joined).publish(new Map([['host', { address: '192.0.2.1' }]]));
    expect((await batch).value).toMatchObject({ synced: true });
    expect(bus.status()).toMatchObject({ connected: true, problem: null });
    stop.abort();
    await watched.return?.();
  });
});
