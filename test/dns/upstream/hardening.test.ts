import { Packet } from 'dns2';
import { afterEach, describe, expect, test } from 'vitest';
import { createForwarder, type Forwarder, type ForwarderOptions } from '../../../dns/upstream/create-forwarder.ts';
import { createLog, systemClock } from '../../../system/index.ts';
import { createResources, type Resources } from '../../support/resources.ts';
import { queryOf, textOf } from './messages.ts';
import { type RawQuery, startRawUpstream } from './raw-upstream.ts';

let resources: Resources = createResources();
afterEach(async () => {
  await resources.close();
  resources = createResources();
});

function forwarderTo(upstreams: readonly string[], options: ForwarderOptions = {}): Forwarder {
  const log = createLog('dns', { level: 'silent', format: 'json' });
  const forwarder = createForwarder(
    { upstreams: () => upstreams, ourselves: () => [], isOurs: () => false, clock: systemClock, log },
    options,
  );
  resources.add('forwarder', () => forwarder.close());
  return forwarder;
}

async function ask(forwarder: Forwarder, name = 'www.example.com', key = 'a'): Promise<string> {
  const query = queryOf(name);
  const found = await forwarder.forward(query, query.length, { key, dns: [] });
  return found ? textOf(found.reply) : 'nothing';
}

const GOOD = 'NOERROR | www.example.com A 300 192.0.2.1';
const FORGED = '203.0.113.66';

/** A reply with one address; the question is repeated as received. */
function reply({ bytes }: RawQuery, address = '192.0.2.1', change: (packet: Packet) => void = () => undefined): Buffer {
  const request = Packet.parse(bytes);
  const packet = Packet.createResponseFromRequest(request);
  packet.additionals = [];
  const record = new Packet.Resource(request.questions[0]?.name ?? '', Packet.TYPE.A, Packet.CLASS.IN, 300);
  packet.answers.push(Object.assign(record, { address }));
  change(packet);
  return packet.toBuffer();
}

const otherId = (by: number) => (packet: Packet) => {
  packet.header.id += by;
};
const asQuery = (packet: Packet) => {
  packet.header.qr = 0;
};
const asking = (question: Packet['questions'][number]) => (packet: Packet) => {
  packet.questions = [question];
};
const cutOff = (packet: Packet) => {
  packet.header.tc = 1;
  packet.answers = [];
};

const lowerCased = (query: RawQuery): Buffer =>
  reply(query, '192.0.2.1', ({ questions }) => {
    for (const question of questions) question.name = question.name.toLowerCase();
  });

const nameIn = (query: RawQuery): string => Packet.parse(query.bytes).questions[0]?.name ?? '';
const hasEdns = ({ bytes }: RawQuery): boolean => bytes.readUInt16BE(10) === 1;

describe('a forged reply that arrives before the real one is ignored', () => {
  test.each<[string, (query: RawQuery) => void]>([
    ['wrong id', (query) => query.send(reply(query, FORGED, otherId(1)))],
    ['wrong port', (query) => query.send(reply(query, FORGED), true)],
    ['wrong name', (query) => query.send(reply(query, FORGED, asking(question('evil.example'))))],
    ['wrong type', (query) => query.send(reply(query, FORGED, asking(question(nameIn(query), 28))))],
    ['no reply', (query) => query.send(reply(query, FORGED, asQuery))],
    [
      'two questions',
      (query) => query.send(reply(query, FORGED, ({ questions }) => void questions.push(question('evil.example')))),
    ],
    ['broken', (query) => query.send(reply(query, FORGED).subarray(0, -3))],
    [
      'all ids but the right one',
      (query) => {
        for (let id = 0; id < 200; id += 1) query.send(reply(query, FORGED, otherId(id + 1)));
      },
    ],
  ])('%s', async (_, forge) => {
    const upstream = await startRawUpstream(resources, (query) => {
      forge(query);
      query.send(reply(query));
    });
    expect(await ask(forwarderTo([upstream.at]))).toBe(GOOD);
  });

  const question = (name: string, type = 1) => new Packet.Question(name, type, 1);

  test('wrong letter case: the reply is verified over TCP', async () => {
    const upstream = await startRawUpstream(resources, (query) => {
      if (query.transport === 'udp') query.send(lowerCasedForgery(query));
      else query.send(reply(query));
    });
    const forwarder = forwarderTo([upstream.at]);
    expect(await ask(forwarder)).toBe(GOOD);
    // Over TCP the case was right: the upstream does not change it.
    expect(await ask(forwarder, 'second.example.com')).toContain('192.0.2.1');
    expect(upstream.queries.map(({ transport }) => transport)).toEqual(['udp', 'tcp', 'udp', 'tcp']);
  });

  const lowerCasedForgery = (query: RawQuery): Buffer =>
    reply(query, FORGED, ({ questions }) => {
      for (const one of questions) one.name = one.name.toLowerCase();
    });

  test('a port that receives guesses is closed', async () => {
    const upstream = await startRawUpstream(resources, (query) => {
      for (let n = 1; n < 60; n += 1) query.send(reply(query, FORGED, otherId(n)));
      query.send(reply(query));
    });
    const forwarder = forwarderTo([upstream.at]);
    for (let n = 0; n < 40; n += 1) expect(await ask(forwarder, `w${n}.example.com`)).toContain('192.0.2.1');
    const ports = upstream.queries.map(({ port }) => port);
    // The kernel may choose a port twice.
    expect(new Set(ports).size).toBeGreaterThanOrEqual(38);
    expect(forwarder.report().resolvers[0]?.unexpected).toBeGreaterThan(1_000);
  });
});

describe('ids, ports and letter case', () => {
  test('ids and case differ each time; several ports, each for a few queries only', async () => {
    const upstream = await startRawUpstream(resources, (query) => query.send(reply(query)));
    const forwarder = forwarderTo([upstream.at]);
    for (let n = 0; n < 400; n += 1) await ask(forwarder, `w${n}.some-longer-name.example.com`);
    const { queries } = upstream;
    const uses = new Map<number, number>();
    for (const { port } of queries) uses.set(port, (uses.get(port) ?? 0) + 1);
    expect(new Set(queries.map(({ bytes }) => bytes.readUInt16BE(0))).size).toBeGreaterThan(390);
    expect(new Set(queries.map((query) => nameIn(query).replace(/^w\d+/i, ''))).size).toBeGreaterThan(390);
    expect(Math.max(...uses.values())).toBeLessThanOrEqual(32);
    expect(uses.size).toBeGreaterThan(10);
  });
});

describe('quirks of upstreams are learned', () => {
  test('an upstream that lower-cases names: one query over TCP, then in lower case', async () => {
    const upstream = await startRawUpstream(resources, (query) => query.send(lowerCased(query)));
    const forwarder = forwarderTo([upstream.at]);
    expect(await ask(forwarder)).toBe(GOOD);
    for (let n = 0; n < 3; n += 1) await ask(forwarder, `w${n}.example.com`);
    expect(upstream.queries.map(({ transport }) => transport)).toEqual(['udp', 'tcp', 'udp', 'udp', 'udp']);
    expect(upstream.queries.slice(2).map(nameIn)).toEqual(['w0.example.com', 'w1.example.com', 'w2.example.com']);
  });

  test('the same without TCP: asked again in lower case', async () => {
    const upstream = await startRawUpstream(resources, (query) => query.send(lowerCased(query)), { tcp: false });
    const forwarder = forwarderTo([upstream.at]);
    expect(await ask(forwarder)).toBe(GOOD);
    expect(await ask(forwarder, 'w.example.com')).toContain('192.0.2.1');
    expect(upstream.queries.slice(1).map(nameIn)).toEqual(['www.example.com', 'w.example.com']);
  });

  test.each([1, 4])('an upstream that answers rcode %i to EDNS is asked without EDNS from then on', async (rcode) => {
    const upstream = await startRawUpstream(resources, (query) => {
      const bare = Buffer.from(query.bytes.subarray(0, 12));
      bare.writeUInt32BE(0x80000000 + rcode * 0x10000, 2);
      bare.fill(0, 4);
      query.send(hasEdns(query) ? bare : reply(query));
    });
    const forwarder = forwarderTo([upstream.at]);
    expect(await ask(forwarder)).toBe(GOOD);
    expect(await ask(forwarder, 'second.example.com')).toContain('192.0.2.1');
    expect(upstream.queries.map(hasEdns)).toEqual([true, false, false]);
  });

  test('an upstream that drops EDNS queries gets the plain query in the end', async () => {
    const upstream = await startRawUpstream(resources, (query) => {
      if (!hasEdns(query)) query.send(reply(query));
    });
    const forwarder = forwarderTo([upstream.at]);
    expect(await ask(forwarder)).toBe(GOOD);
    const started = performance.now();
    expect(await ask(forwarder, 'second.example.com')).toContain('192.0.2.1');
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('Q30: truncated replies', () => {
  const cut = (query: RawQuery) => reply(query, FORGED, cutOff);

  test('are requested again over TCP', async () => {
    const upstream = await startRawUpstream(resources, (query) =>
      query.send(query.transport === 'udp' ? cut(query) : reply(query)),
    );
    expect(await ask(forwarderTo([upstream.at]))).toBe(GOOD);
  });

  test('if TCP is closed, the truncated reply is passed on and not kept', async () => {
    const upstream = await startRawUpstream(resources, (query) => query.send(cut(query)), { tcp: false });
    const forwarder = forwarderTo([upstream.at]);
    const query = queryOf('www.example.com');
    for (let n = 1; n <= 2; n += 1) {
      const found = await forwarder.forward(query, query.length, { key: 'a', dns: [] });
      expect(Packet.parse(found?.reply as Buffer).header).toMatchObject({ tc: 1, rcode: 0 });
      expect(upstream.queries).toHaveLength(n);
    }
  });

  test('if TCP hangs, the next upstream answers within a second', async () => {
    const hanging = await startRawUpstream(resources, (query) => query.transport === 'udp' && query.send(cut(query)));
    const good = await startRawUpstream(resources, (query) => query.send(reply(query)));
    const started = performance.now();
    expect(await ask(forwarderTo([hanging.at, good.at]))).toBe(GOOD);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('Q29: fair shares', () => {
  test('an asker that floods names over unreachable upstreams does not take the slots of another', async () => {
    let good = false;
    const upstream = await startRawUpstream(resources, (query) => good && query.send(reply(query)));
    const forwarder = forwarderTo([upstream.at], { limits: { total: 300, anAsker: 250 } });
    const floods = Array.from({ length: 2_000 }, (_, n) => ask(forwarder, `flood${n}.example.com`, 'flood'));
    const second = Array.from({ length: 50 }, (_, n) => ask(forwarder, `flood${n}.example.net`, 'second'));
    good = true;
    const victims = Array.from({ length: 100 }, (_, n) => ask(forwarder, `w${n}.example.org`, 'victim'));
    for (const answer of await Promise.all(victims)) expect(answer).toContain('192.0.2.1');
    expect(forwarder.report().underWay).toBeLessThanOrEqual(300);
    const refused = (await Promise.all(floods)).filter((answer) => answer === 'nothing').length;
    expect(refused).toBeGreaterThanOrEqual(1_750);
    await Promise.all(second);
    expect(forwarder.report()).toMatchObject({ underWay: 0 });
  });

  test('close() ends the queries in flight at once', async () => {
    const upstream = await startRawUpstream(resources, () => undefined);
    const forwarder = forwarderTo([upstream.at]);
    const waiting = [ask(forwarder), ask(forwarder, 'w.example.com')];
    const started = performance.now();
    forwarder.close();
    forwarder.close();
    expect(await Promise.all(waiting)).toEqual(['nothing', 'nothing']);
    expect(performance.now() - started).toBeLessThan(500);
    expect(await ask(forwarder, 'later.example.com')).toBe('nothing');
  });
});
