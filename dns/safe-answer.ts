import type { Clock, Log } from '../system/index.ts';
import type { Answerer } from './answer/answerer.ts';
import type { LiveQueries } from './metrics/live-queries.ts';
import type { Recorder } from './metrics/recorder.ts';
import type { Answer, Client } from './query/client.ts';
import { createDetails, type QueryDetails } from './query/details.ts';
import { rcodeOf } from './upstream/message/reply.ts';
import { readQuery } from './wire/read/query.ts';
import { encodeServerFailure } from './wire/write/encode.ts';

export interface SafeAnswerDependencies {
  readonly recorder: Recorder;
  readonly live: LiveQueries;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Log;
}

const MAX_LOGGED_ERRORS = 100;

/**
 * The answerer as the sockets call it: an error becomes SERVFAIL and the server keeps running. Every error here is a bug, so
 * each distinct one is logged once. Counts every reply.
 */
export function createSafeAnswer({ answer }: Pick<Answerer, 'answer'>, dependencies: SafeAnswerDependencies): Answer {
  const { recorder, live, clock, log } = dependencies;
  const logged = new Set<string>();
  const failed = (error: unknown, message: Buffer): Buffer | null => {
    const text = String(error);
    if (!logged.has(text) && logged.size < MAX_LOGGED_ERRORS) {
      log.error({ err: error }, 'a query could not be answered; this is a bug');
      logged.add(text);
    }
    const read = readQuery(message);
    return read.kind === 'query' ? encodeServerFailure(read.query) : null;
  };
  const counted = (reply: Buffer | null, client: Client, details: QueryDetails, startMs: number): Buffer | null => {
    if (!reply) {
      recorder.dropped('not-a-query');
      return null;
    }
    const rcode = details.extendedRcode ?? rcodeOf(reply);
    const micros = (clock.monotonic() - startMs) * 1_000;
    recorder.answered(details.path, details.query?.type ?? 0, rcode, micros);
    if (live.watched()) live.saw({ client, details, reply, rcode, micros });
    return reply;
  };
  return (message, client, startMs = clock.monotonic()) => {
    const details = createDetails();
    try {
      const reply = answer(message, client, details);
      if (!(reply instanceof Promise)) return counted(reply, client, details, startMs);
      return reply
        .catch((error: unknown) => failed(error, message))
        .then((late) => counted(late, client, details, startMs));
    } catch (error) {
      return counted(failed(error, message), client, details, startMs);
    }
  };
}
