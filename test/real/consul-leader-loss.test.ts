import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bus, createConsulBus, type Lease } from '../../bus/index.ts';
import { systemClock } from '../../system/index.ts';
import { observeBus } from '../support/bus-observer.ts';
import { type ConsulCluster, startConsulCluster } from '../support/consul.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { testLog } from '../support/test-log.ts';

const resources = createResources();
let cluster: ConsulCluster;

beforeAll(async () => {
  cluster = await startConsulCluster(resources);
});
afterAll(() => resources.close());

function connect(): Bus {
  const bus = createConsulBus({ clock: systemClock, log: testLog('bus') }, { address: [...cluster.urls] });
  resources.add('a bus', () => bus.close());
  return bus;
}

/** Writes in sequence until `stop`, and records the acknowledged writes. */
function writeOn(write: (n: number) => Promise<unknown>) {
  const stop = new AbortController();
  const acknowledged: number[] = [];
  let failures = 0;
  const done = (async () => {
    for (let n = 1; !stop.signal.aborted; n += 1) {
      try {
        await write(n);
        acknowledged.push(n);
      } catch {
        failures += 1;
        // Yields, because a rejection without a request would block the event loop.
        await systemClock.sleep(5);
      }
    }
  })();
  return {
    acknowledged: () => acknowledged,
    failures: () => failures,
    stop: async () => {
      stop.abort();
      await done;
    },
  };
}

test('the leader is killed twice during writes and watches: no acknowledged write is lost, watches continue', async () => {
  const [writer, reader] = [connect(), connect()];
  const observer = observeBus(resources, reader);
  const lease: Lease = await writer.join('a', new AbortController().signal);
  const facts = writeOn((n) => lease.publish(new Map([[`n${n % 5}`, n], ['last', n]])));
  const documents = writeOn(async (n) => {
    const result = await writer.put(`d${n}`, n, 0);
    if (!result.ok && result.current?.value !== n) throw new Error('another writer has the document');
  });
  for (let time = 0; time < 2; time += 1) {
    const leader = await cluster.leader();
    const before = [facts.acknowledged().length, documents.acknowledged().length] as const;
    await leader.kill('SIGKILL');
    const goesOn = () =>
      facts.acknowledged().length > before[0] + 20 && documents.acknowledged().length > before[1] + 20;
    await poll(goesOn, { what: 'writes after the loss of the leader', timeoutMs: 30_000 });
    leader.start();
    await cluster.ready();
  }
  await facts.stop();
  await documents.stop();
  const last = facts.acknowledged().at(-1) ?? 0;
  await observer.until('the last facts', () => Number(observer.fact('a', 'last')) >= last);
  const missing = () => documents.acknowledged().filter((n) => observer.documents.get(`d${n}`)?.value !== n);
  await observer.until('all documents', () => missing().length === 0);
  const stored = await reader.list('d');
  expect(documents.acknowledged().filter((n) => stored.get(`d${n}`)?.value !== n)).toEqual([]);
  expect(observer.gone).toEqual([]);
  expect(lease.lost.aborted).toBe(false);
  const refused = facts.failures() + documents.failures();
  console.log(`${last} publishes, ${documents.acknowledged().length} documents acknowledged, ${refused} refused`);
}, 100_000); // biome-ignore format: the time limit belongs to the title

test('without quorum, reads and writes fail within their timeouts and the known state stays; with quorum everything works again', async () => {
  const bus = connect();
  const observer = observeBus(resources, bus);
  const lease = await bus.join('b', new AbortController().signal);
  await lease.publish(new Map([['n', 1]]));
  await observer.until('the fact', () => observer.fact('b', 'n') === 1);
  const [first, second] = cluster.servers;
  await Promise.all([first?.kill(), second?.kill()]);
  await expect(bus.put('k', 1)).rejects.toThrow();
  await poll(() => !bus.status().connected, { what: 'the status to report it', timeoutMs: 20_000 });
  expect(observer.gone).toEqual([]);
  first?.start();
  second?.start();
  await cluster.ready();
  await poll(() => bus.put('k', 2), { what: 'a write', timeoutMs: 20_000 });
  await observer.until('the document', () => observer.documents.get('k')?.value === 2, 20_000);
  expect(observer.gone).toEqual([]);
}, 90_000); // biome-ignore format: the time limit belongs to the title
