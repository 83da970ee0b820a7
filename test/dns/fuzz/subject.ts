import { createAnswerer } from '../../../dns/answer/answerer.ts';
import { createTurns } from '../../../dns/answer/turns.ts';
import { createHotPath } from '../../../dns/hot/index.ts';
import { addressNumber } from '../../../dns/query/address-number.ts';
import { createDetails } from '../../../dns/query/details.ts';
import { createStateSource } from '../../../dns/source/state-source.ts';
import type { Forwarded, Forwarding } from '../../../dns/upstream/forwarder.ts';
import { keepReply, replayReply } from '../../../dns/upstream/message/kept-reply.ts';
import { questionOf } from '../../../dns/upstream/message/question.ts';
import { matchOf } from '../../../dns/upstream/message/reply.ts';
import { createCookies } from '../../../dns/wire/cookies/cookies.ts';
import { createRecognition } from '../../../recognition/index.ts';
import { systemClock } from '../../../system/index.ts';
import { type HostView, viewOf } from '../../../view/index.ts';
import { snapshot, type World } from '../../view/world.ts';

/** Both paths of a message, without sockets. */
export interface Subject {
  /** The reply of the general path. External names get the reply set by `say`. */
  general(message: Buffer, from: string, transport: 'udp' | 'tcp'): Promise<Buffer | null> | Buffer | null;
  /** The reply of the hot path to a datagram; null: left to the general path. */
  hot(message: Buffer, from: string): Buffer | null;
  /** Sets the upstream's reply: the header, and everything after the question. */
  say(flags: number, counts: readonly [number, number, number], records: Buffer): void;
  see(world: World): void;
}

const ROOM = 1_232;

export function createSubject(world: World): Subject {
  let view: HostView = viewOf(snapshot(world), 'a');
  let said: Said = { flags: 0x8180, counts: [0, 0, 0], records: Buffer.alloc(0) };
  const clock = systemClock;
  const onMalformed = () => undefined;
  const recognition = createRecognition(
    { view: () => view, onViewChange: () => () => {}, identify: async () => false, clock },
    { holdMs: 1, onHold: () => undefined, signal: new AbortController().signal },
  );
  const source = createStateSource(
    { view: () => view, recognition },
    { metadataAddress: '169.254.169.250', search: 'own' },
  );
  const forwarder = createSpeaker(() => said);
  const answerer = createAnswerer(
    { source, forwarder, turns: createTurns(), onMalformed, cookies: createCookies({ clock }) },
    { ttlSeconds: 1 },
  );
  const hot = createHotPath({ source, answerer }, { maxBytes: 8 * 1024 * 1024, seed: 1 });
  const tx = new Uint8Array(ROOM + 64);
  return {
    general: (message, address, transport) => answerer.answer(message, { address, transport }, createDetails()),
    hot: (message, from) => {
      const length = hot.answer(message, 0, message.length, addressNumber(from), tx, 32);
      return length > 0 ? Buffer.from(tx.subarray(32, 32 + length)) : null;
    },
    say: (flags, counts, records) => {
      said = { flags, counts, records };
    },
    see: (next) => {
      view = viewOf(snapshot(next), 'a', view);
    },
  };
}

interface Said {
  readonly flags: number;
  readonly counts: readonly [number, number, number];
  readonly records: Buffer;
}

/** An upstream with a fixed reply, which is checked, kept and replayed like any upstream's reply. */
function createSpeaker(said: () => Said): Forwarding & { close(): void } {
  const forward: Forwarding['forward'] = (message, questionEnd): Forwarded | null => {
    const { flags, counts, records } = said();
    const reply = Buffer.concat([message.subarray(0, questionEnd), records]);
    reply.writeUInt16BE(flags | 0x8000, 2);
    reply.writeUInt16BE(1, 4);
    for (const [at, count] of counts.entries()) reply.writeUInt16BE(count, 6 + at * 2);
    if (matchOf(reply, message, questionEnd) === 'none') return null;
    const question = questionOf(message, questionEnd);
    const kept = keepReply(reply, question, { maxTtlSeconds: 86_400 });
    const replay = { id: message.readUInt16BE(0), question, ageSeconds: 1, staleTtlSeconds: null, turn: 3 };
    return { reply: replayReply(kept.message, replay), from: 'forwarded' };
  };
  return { forward, close: () => undefined };
}
