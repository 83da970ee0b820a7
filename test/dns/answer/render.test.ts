import { expect, test } from 'vitest';
import { renderReply } from '../../../dns/answer/render.ts';
import type { Alias } from '../../../dns/query/resolution.ts';
import { RCODE, TYPE } from '../../../dns/wire/codes.ts';

const rendering = { primary: 'ns.rancher.internal.', serial: 7, ttlSeconds: 60 };
const aliases: readonly Alias[] = [
  { owner: 'web', target: 'b.example.', ttlSeconds: 5 },
  { owner: 'b.example', target: 'c.example.', ttlSeconds: null },
];

/** One line: owner, TTL, type, data. */
function line(record: object): string {
  const { name, ttl, type, address, domain, ns, priority, weight, port, target, data, primary, serial } =
    record as Readonly<Record<string, string | number | readonly Buffer[] | undefined>>;
  const [word] = Object.entries(TYPE).find(([, code]) => code === type) ?? [String(type)];
  const service = port === undefined ? undefined : `${priority} ${weight} ${port} ${target}`;
  const soa = primary === undefined ? undefined : `${primary} ${serial}`;
  return `${name} ${ttl} ${word} ${address ?? domain ?? ns ?? service ?? soa ?? String(data)}`;
}

function render(type: number, resolution: Parameters<typeof renderReply>[1], changes: Partial<typeof rendering> = {}) {
  const reply = renderReply({ name: 'WEB', type }, resolution, { ...rendering, ...changes });
  const { rcode, answers, authorities, additionals = [] } = reply;
  expect(reply.authoritative).toBe(true);
  return { rcode, answers: answers.map(line), authorities: authorities.map(line), additionals: additionals.map(line) };
}

const found = { rcode: RCODE.NOERROR, authorities: [], additionals: [] };

test('addresses follow their aliases; the first owner is the name as it was queried', () => {
  const resolution = {
    kind: 'addresses',
    addresses: ['10.0.0.1', '10.0.0.2'],
    turn: '',
    give: 'all',
    weights: null,
  } as const;
  expect(render(TYPE.A, { ...resolution, aliases, ttlSeconds: 9 })).toEqual({
    ...found,
    answers: [
      'WEB 5 CNAME b.example.',
      'b.example 60 CNAME c.example.',
      'c.example. 9 A 10.0.0.1',
      'c.example. 9 A 10.0.0.2',
    ],
  });
  expect(render(TYPE.A, { ...resolution, aliases: [], ttlSeconds: null }).answers).toEqual([
    'WEB 60 A 10.0.0.1',
    'WEB 60 A 10.0.0.2',
  ]);
});

test('aliases, pointers and texts have their own TTL, or the default', () => {
  const alias = { owner: 'web', target: 'c.example.', ttlSeconds: null };
  expect(render(TYPE.CNAME, { kind: 'alias', alias, ttlSeconds: 3 })).toEqual({
    ...found,
    answers: ['WEB 3 CNAME c.example.'],
  });
  expect(render(TYPE.PTR, { kind: 'pointer', target: 'c.example.' }).answers).toEqual(['WEB 60 PTR c.example.']);
  expect(render(TYPE.TXT, { kind: 'texts', aliases, texts: ['x', 'y'], ttlSeconds: 0 }).answers).toEqual([
    'WEB 5 CNAME b.example.',
    'b.example 60 CNAME c.example.',
    'c.example. 0 TXT x',
    'c.example. 0 TXT y',
  ]);
});

test('services come with the addresses of their targets, of both families', () => {
  const services = [{ priority: 1, weight: 2, port: 80, target: 'w1.example.' }];
  const additional = [
    { name: 'w1.example', address: '10.0.0.1' },
    { name: 'w1.example', address: 'fd00::1' },
  ];
  const resolution = { kind: 'services', services, additional, turn: '', ttlSeconds: 9 } as const;
  expect(render(TYPE.SRV, { ...resolution, aliases: aliases.slice(1) })).toEqual({
    ...found,
    answers: ['WEB 60 CNAME c.example.', 'c.example. 9 SRV 1 2 80 w1.example.'],
    additionals: ['w1.example 9 A 10.0.0.1', 'w1.example 9 AAAA fd00::1'],
  });
});

test('SOA and NS name the primary server; without one, the zone itself', () => {
  expect(render(TYPE.SOA, { kind: 'soa', zone: 'z.' })).toEqual({
    ...found,
    answers: ['z. 1 SOA ns.rancher.internal. 7'],
  });
  expect(render(TYPE.SOA, { kind: 'soa', zone: 'z.' }, { primary: '' }).answers).toEqual(['z. 1 SOA z. 7']);
  const server = { kind: 'name-server', zone: 'z.', target: 'ns.z.', addresses: ['10.0.0.1', 'fd00::1'] } as const;
  expect(render(TYPE.NS, server)).toEqual({
    ...found,
    answers: ['WEB 60 NS ns.z.'],
    additionals: ['ns.z. 60 A 10.0.0.1', 'ns.z. 60 AAAA fd00::1'],
  });
});

test.each([
  ['nodata', RCODE.NOERROR],
  ['nxdomain', RCODE.NXDOMAIN],
] as const)('%s has the aliases up to the missing name and the SOA of the zone', (kind, rcode) => {
  expect(render(TYPE.A, { kind, aliases: aliases.slice(0, 1), zone: 'z.' })).toEqual({
    rcode,
    answers: ['WEB 5 CNAME b.example.'],
    authorities: ['z. 1 SOA ns.rancher.internal. 7'],
    additionals: [],
  });
});
