import { createAnswerer } from '../../../dns/answer/answerer.ts';
import { createTurns } from '../../../dns/answer/turns.ts';
import { createHotPath, type HotPath } from '../../../dns/hot/index.ts';
import { addressNumber } from '../../../dns/query/address-number.ts';
import { createDetails, type QueryDetails } from '../../../dns/query/details.ts';
import { createStateSource } from '../../../dns/source/state-source.ts';
import { createCookies } from '../../../dns/wire/cookies/cookies.ts';
import { createRecognition } from '../../../recognition/index.ts';
import { systemClock } from '../../../system/index.ts';
import type { HostView } from '../../../view/index.ts';

/** Both paths over one state. */
export interface Paths {
  readonly hot: HotPath;
  /** The reply of the hot path; null: it leaves the query to the general path. */
  answerHot(query: Buffer, from: string): Buffer | null;
  answerGeneral(query: Buffer, from: string): { readonly reply: Buffer | null; readonly details: QueryDetails };
}

export interface PathsOptions {
  readonly maxBytes?: number;
  readonly maxNegatives?: number;
  readonly ttlSeconds?: number;
  readonly divert?: (from: number) => boolean;
}

export const TX_SIZE = 1_232;
/** Fills the bytes around the room for a reply. A change means that the hot path wrote outside of it. */
const MARK = 0xa5;
const ROOM = 32;

export function createPaths(view: () => HostView, options: PathsOptions = {}): Paths {
  const { maxBytes = 4 * 1024 * 1024, maxNegatives = 16_384, ttlSeconds = 7, divert = () => false } = options;
  const signal = new AbortController().signal;
  const recognition = createRecognition(
    { view, onViewChange: () => () => {}, identify: async () => false, clock: systemClock },
    { holdMs: 1, onHold: () => undefined, signal },
  );
  const source = createStateSource({ view, recognition }, { metadataAddress: '169.254.169.250' });
  const answerer = createAnswerer(
    {
      source,
      forwarder: { forward: async () => null },
      turns: createTurns(),
      onMalformed: () => undefined,
      cookies: createCookies({ clock: systemClock }),
    },
    { ttlSeconds },
  );
  const hot = createHotPath({ source, answerer, divert }, { maxBytes, maxNegatives, seed: 1 });
  const rx = Buffer.alloc(ROOM + 1_024);
  const tx = Buffer.alloc(TX_SIZE + 2 * ROOM);
  const mark = Buffer.alloc(ROOM, MARK);
  return {
    hot,
    answerHot: (query, from) => {
      // The query is part of a larger buffer, as in a batch, and is followed by invalid bytes.
      rx.fill(0xff);
      query.copy(rx, ROOM);
      tx.fill(MARK);
      const size = hot.answer(rx, ROOM, query.length, addressNumber(from), tx, ROOM);
      const isKept = tx.subarray(0, ROOM).equals(mark) && tx.subarray(ROOM + TX_SIZE).equals(mark);
      if (!isKept) throw new Error('the hot path wrote outside of its room');
      return size > 0 ? Buffer.from(tx.subarray(ROOM, ROOM + size)) : null;
    },
    answerGeneral: (query, from) => {
      const details = createDetails();
      const reply = answerer.answer(query, { address: from, transport: 'udp' }, details);
      return { reply: reply instanceof Promise ? null : reply, details };
    },
  };
}
