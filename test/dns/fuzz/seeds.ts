import { bytes, optionOf, queryOf } from '../wire/messages.ts';
import { type Input, upstreamOf } from './input.ts';
import { ASKERS } from './worlds.ts';

const NAMES = [
  ...['web.shop.rancher.internal', 'WEB.shop', 'web', 'database', 'one.shop', 'all.web.shop', 'log.web.shop'],
  ...['forty.big', 'hundred.big', 'empty.shop', 'mysql.db', 'ips.ext', 'host.ext', 'both.ext', 'chain.ext', 'all.shop'],
  ...[
    'nosuch.rancher.internal',
    'rancher.internal',
    'drover.internal',
    'a.host.rancher.internal',
    'w1.rancher.internal',
  ],
  ...['_80._tcp.web.shop', 'rancher-metadata', '1.1.42.10.in-addr.arpa', 'www.example.org', 'single', ''],
];
const TYPES = [1, 28, 33, 16, 5, 12, 6, 2, 255, 65, 41, 252, 0, 1_000];

const COOKIE = optionOf(10, bytes('0102030405060708'));
const OPTS = [
  undefined,
  {},
  { payloadSize: 512, dnssecOk: true },
  { payloadSize: 0, options: COOKIE },
  {
    payloadSize: 65_535,
    options: Buffer.concat([optionOf(11, Buffer.alloc(0)), COOKIE, optionOf(12, Buffer.alloc(40))]),
  },
  { version: 1 },
];

const A = 'c00c 0001 0001 0000003c 0004 c0000201';
const ALIAS = 'c00c 0005 0001 0000003c 0006 03636462 c010';
const SOA = 'c010 0006 0001 00000e10 0018 c010 c010 00000001 00000002 00000003 00000004 00000005';
const OPT = '00 0029 04d0 00000000 0000';
const UPSTREAMS = [
  { flags: 0x8180, counts: [1, 0, 0], records: bytes(A) },
  { flags: 0x81a0, counts: [2, 1, 1], records: bytes(ALIAS + A + SOA + OPT) },
  { flags: 0x8183, counts: [0, 1, 0], records: bytes(SOA) },
  { flags: 0x8385, counts: [0, 0, 1], records: bytes(OPT) },
  { flags: 0x8180, counts: [60, 0, 0], records: bytes(A.repeat(60)) },
  { flags: 0x8180, counts: [1, 0, 0], records: bytes('c00c 0021 0001 0000003c 0009 0001 0002 0050 01 61 00') },
] as const;

/** The initial inputs. */
export function seeds(): readonly Input[] {
  return NAMES.flatMap((name, n) =>
    TYPES.map((type, t): Input => {
      const opt = OPTS[(n + t) % OPTS.length];
      const upstream = UPSTREAMS[(n * 3 + t) % UPSTREAMS.length] ?? UPSTREAMS[0];
      return {
        query: queryOf({ name, type, ...(opt ? { opt } : {}) }),
        transport: (n + t) % 5 === 0 ? 'tcp' : 'udp',
        from: ASKERS[(n + t) % ASKERS.length] ?? ASKERS[0],
        upstream: upstreamOf(upstream),
      };
    }),
  );
}
