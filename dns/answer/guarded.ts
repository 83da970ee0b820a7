import type { Clock, Log } from '../../system/index.ts';
import type { Answer } from '../listen/server-udp.ts';
import type { LiveQueries } from '../metrics/live-queries.ts';
import type { Recorder } from '../metrics/recorder.ts';
import { createSighting, type Sighting } from '../metrics/sighting.ts';
import { rcodeOf } from '../upstream/reply.ts';
import { encodeServerFailure } from '../wire/encode.ts';
import { readQuery } from '../wire/query.ts';
import type { Answerer, Client } from './answerer.ts';

export interface GuardDependencies {
  readonly recorder: Recorder;
  readonly live: LiveQueries;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Log;
}

/**
 * The last line of defence: whatever fails on the way to an answer, the client gets SERVFAIL and the server lives. Each
 * failure is a bug, so it is told, each message once. Every reply passes here, and is counted.
 */
export function guarded({ answer }: Pick<Answerer, 'answer'>, dependencies: GuardDependencies): Answer {
  const { recorder, live, clock, log } = dependencies;
  const told = new Set<string>();
  const failed = (error: unknown, message: Buffer): Buffer | null => {
    const text = String(error);
    if (!told.has(text) && told.size < 100) log.error({ err: error }, 'a query could not be answered; this is a bug');
    told.add(text);
    const read = readQuery(message);
    return read.kind === 'query' ? encodeServerFailure(read.query) : null;
  };
  const counted = (reply: Buffer | null, client: Client, sighting: Sighting, startMs: number): Buffer | null => {
    if (!reply) {
      recorder.dropped('not-a-query');
      return null;
    }
    const rcode = sighting.extendedRcode ?? rcodeOf(reply);
    const micros = (clock.monotonic() - startMs) * 1_000;
    recorder.answered(sighting.path, sighting.query?.type ?? 0, rcode, micros);
    if (live.watched()) live.saw({ client, sighting, reply, rcode, micros });
    return reply;
  };
  return (message, client, startMs = clock.monotonic()) => {
    const sighting = createSighting();
    try {
      const reply = answer(message, client, sighting);
      if (!(reply instanceof Promise)) return counted(reply, client, sighting, startMs);
      return reply
        .catch((error: unknown) => failed(error, message))
        .then((late) => counted(late, client, sighting, startMs));
    } catch (error) {
      return counted(failed(error, message), client, sighting, startMs);
    }
  };
}
