import type { Packet } from 'dns2';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Explanation, explain } from '../../../dns/index.ts';
import { rcodeName, TYPE } from '../../../dns/wire/codes.ts';
import { viewOf } from '../../../view/index.ts';
import { createResources } from '../../support/resources.ts';
import { snapshot, type World } from '../../view/world.ts';
import { anyName, anyType, anyWorld } from '../any-world.ts';
import { startUpstream, type UpstreamServer, withAddress } from '../upstream-server.ts';
import { ask, startDns, type TestDns } from '../wire.ts';

const resources = createResources();
let dns: TestDns;
let upstream: UpstreamServer;
beforeAll(async () => {
  upstream = await startUpstream(resources, (request, reply) => {
    return request.questions[0]?.type === TYPE.A ? withAddress(request, reply, '198.51.100.1') : reply;
  });
  dns = await startDns(resources, {}, { upstreams: [upstream.at] });
});
afterAll(() => resources.close());

const SETTINGS = { metadataAddress: '169.254.169.250', search: 'own', ttlSeconds: 1 } as const;

function why(world: World, name: string, type: number, from: string | null): Explanation {
  const forward = { upstreams: [upstream.at], rules: [], ourselves: [] };
  const explained = explain(viewOf(snapshot(world), 'a'), { name, type, from }, { ...SETTINGS, forward });
  if (!explained.ok) throw new Error(explained.problem.what);
  return explained.value;
}

/** Source address of a container of this host; null: it has no address. */
function addressesOf({ containers = [] }: World): readonly (string | null)[] {
  const own = containers.filter(({ hostId, state }) => hostId === 'a' && state === 'running');
  return [null, ...own.flatMap(({ addresses }) => addresses.flatMap(({ ipv4 }) => ipv4 ?? []))];
}

/** The type as `drover why` writes it. */
function recordText(record: Packet['answers'][number]): string {
  const { type, ttl, address, domain, ns, data, priority, weight, port, target } = record;
  const texts: Readonly<Record<number, string>> = {
    [TYPE.SRV]: `${priority} ${weight} ${port} ${target}`,
    [TYPE.TXT]: JSON.stringify(Array.isArray(data) ? data.join('') : data),
    [TYPE.HINFO]: 'RFC8482',
    [TYPE.SOA]: [record.primary, record.admin, record.serial, record.minimum].join(' '),
  };
  const value = texts[type] ?? address ?? domain ?? ns ?? '';
  // A name in the data may repeat the letter case of the question, with which it is compressed.
  return `${record.name} ${ttl} ${type} ${value}`.toLowerCase().replace(/\.(?= |$)/g, '');
}

function explainedText({ name, ttlSeconds, type, value }: Explanation['reply']['answers'][number]): string {
  const code = TYPE[type as keyof typeof TYPE];
  return `${name} ${ttlSeconds} ${code} ${value}`.toLowerCase().replace(/\.(?= |$)/g, '');
}

async function compare(world: World, question: { name: string; type: string; pick: number; tcp: boolean }) {
  const { name, tcp, pick } = question;
  const type = TYPE[question.type as keyof typeof TYPE];
  const froms = addressesOf(world);
  const from = froms[pick % froms.length] ?? null;
  const { reply, forward } = why(world, name, type, from);
  const options = { type, from: from ?? '127.0.0.1' };
  const first = await ask(dns.port, name, { ...options, tcp });
  const { header, answers } = first.header.tc ? await ask(dns.port, name, { ...options, tcp: true }) : first;
  const given = answers.map(recordText);
  const said = reply.answers.map(explainedText);
  const about = { question, from, rcode: reply.rcode, said };
  if (reply.rcode !== null) {
    const expected = reply.meaning.startsWith('one of these') ? said.filter((text) => given.includes(text)) : said;
    expect({ ...about, rcode: rcodeName(header.rcode), said: given.sort() }).toEqual({
      ...about,
      said: expected.sort(),
    });
    if (said.length > 0) expect(given.length).toBeGreaterThan(0);
    return;
  }
  expect(forward).not.toBeNull();
  for (const text of said) expect(given).toContain(text);
  const isAsked = upstream.asked.some((text) => text.startsWith(`${forward?.name.toLowerCase()} `));
  expect({ ...about, asked: isAsked }).toEqual({ ...about, asked: forward?.upstreams[0] === upstream.at });
}

test('`drover why dns` shows what the server answers, for any asker and name, over UDP and TCP', async () => {
  const anyQuestion = fc.record({ name: anyName, type: anyType, pick: fc.nat(20), tcp: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(anyWorld, fc.array(anyQuestion, { minLength: 5, maxLength: 10 }), async (world, questions) => {
      dns.see(world);
      await Promise.all(questions.map((question) => compare(world, question)));
    }),
    { numRuns: 150 },
  );
});
