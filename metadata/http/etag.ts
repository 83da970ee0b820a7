import { hash } from 'node:crypto';
import type { Reply } from './reply.ts';

/** Larger bodies have no ETag: clients that read the whole tree poll `version`. */
const LARGEST_TAGGED = 1_048_576;

/** Adds an ETag of the body. If the client has that body already, the reply is a 304 without it [RFC 9110 §13.1.2]. */
export function withETag(reply: Reply, ifNoneMatch: string | undefined): Reply {
  if (reply.status !== 200 || reply.body.length > LARGEST_TAGGED) return reply;
  const tag = `"${hash('sha1', reply.body)}"`;
  const headers = { ...reply.headers, ETag: tag, Vary: 'Accept' };
  const has = ifNoneMatch?.split(',').some((known) => known.trim().replace(/^W\//, '') === tag);
  return has ? { status: 304, headers, body: '' } : { ...reply, headers };
}
