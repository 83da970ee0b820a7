import { expect, test } from 'vitest';
import { keepReply, replayReply } from '../../../dns/upstream/message/kept-reply.ts';
import { matchOf, verdictOf } from '../../../dns/upstream/message/reply.ts';
import { structureOf } from '../../../dns/wire/read/structure.ts';
import { createRandom } from '../../support/random.ts';
import { asked, type MessageSketch, queryOf, replyOf } from './messages.ts';

const SKETCHES: readonly MessageSketch[] = [
  { answers: ['www.example.com A 300 192.0.2.1', 'www.example.com A 300 192.0.2.2'], edns: 1_232 },
  { answers: ['www.example.com CNAME 300 a.example', 'a.example A 30 192.0.2.1'] },
  { rcode: 'NXDOMAIN', authorities: ['example.com SOA 300 60'], edns: 4_096 },
  { authorities: ['example.com NS 300 ns.example.com'], additionals: ['ns.example.com A 300 192.0.2.1'] },
  { rcode: 'SERVFAIL' },
];

test('any bytes from an upstream are refused, or kept and replayed as a well-formed message', () => {
  const { below: dice } = createRandom(20_260_101);
  const question = asked('www.example.com');
  const query = queryOf('www.example.com');
  const originals = SKETCHES.map((sketch) => replyOf(sketch));
  let taken = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const original = originals[dice(originals.length)] as Buffer;
    const reply = Buffer.from(original.subarray(0, original.length - (dice(4) === 0 ? dice(20) : 0)));
    // After the id: with a wrong id hardly any message would be accepted.
    for (let n = dice(4); n > 0; n -= 1) reply[2 + dice(reply.length - 2)] = dice(4) === 0 ? 0xc0 | dice(2) : dice(256);
    if (matchOf(reply, query, query.length) === 'none') continue;
    taken += 1;
    verdictOf(reply, question.type);
    const { message, lifetimeSeconds } = keepReply(reply, question, { maxTtlSeconds: 86_400 });
    expect(lifetimeSeconds).toBeGreaterThanOrEqual(0);
    for (const kept of [message, message.toString('latin1')]) {
      const given = replayReply(kept, { id: 1, question, ageSeconds: 5, staleTtlSeconds: null, turn: round });
      expect(structureOf(given)).toMatchObject({ opts: 0 });
      expect(given.length).toBeLessThanOrEqual(Math.max(reply.length, query.length));
    }
  }
  expect(taken).toBeGreaterThan(1_500);
});
