import type { Log } from '../../system/index.ts';
import type { Counts } from '../counts.ts';
import type { Answer } from '../listen/server-udp.ts';
import { encodeServerFailure } from '../wire/encode.ts';
import { readQuery } from '../wire/query.ts';
import type { Answerer } from './answerer.ts';

/**
 * The last line of defence: whatever fails on the way to an answer, the client gets SERVFAIL and the server lives. Each
 * failure is a bug, so it is told, each message once.
 */
export function guarded({ answer }: Pick<Answerer, 'answer'>, counts: Counts, log: Log): Answer {
  const told = new Set<string>();
  const failed = (error: unknown, message: Buffer): Buffer | null => {
    const text = String(error);
    if (!told.has(text) && told.size < 100) log.error({ err: error }, 'a query could not be answered; this is a bug');
    told.add(text);
    const read = readQuery(message);
    return counted(read.kind === 'query' ? encodeServerFailure(read.query) : null);
  };
  const counted = (reply: Buffer | null): Buffer | null => {
    if (reply) counts.answered(reply);
    return reply;
  };
  return (message, client) => {
    try {
      const reply = answer(message, client);
      if (!(reply instanceof Promise)) return counted(reply);
      return reply.then(counted).catch((error: unknown) => failed(error, message));
    } catch (error) {
      return failed(error, message);
    }
  };
}
