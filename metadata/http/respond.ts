import type { TreeSource } from '../tree/tree-source.ts';
import { answer } from './answer.ts';
import type { Callers } from './client-address.ts';
import { withETag } from './etag.ts';
import type { LongPolls } from './long-poll.ts';
import { negotiate } from './negotiate.ts';
import type { Snapshots } from './pinned-trees.ts';
import { badRequestReply, NO_PAGE, type Reply, type ReplyOptions, redirectReply, valueReply } from './reply.ts';
import type { Asked } from './request.ts';
import { parseTarget } from './target.ts';

interface Parts {
  readonly source: TreeSource;
  readonly callers: Callers;
  readonly longPolls: LongPolls;
  readonly snapshots: Snapshots;
  readonly onHeld: () => void;
}

/** Gives the function that answers one request. */
export function createResponder({ source, callers, longPolls, snapshots, onHeld }: Parts, options: ReplyOptions) {
  return async (asked: Asked): Promise<Reply> => {
    const { target: text, method, lacksHost, accept, peer, forwardedFor, onGone } = asked;
    const target = parseTarget(text);
    if (target.kind === 'bad') return badRequestReply();
    if (lacksHost) return badRequestReply('missing required Host header');
    if (target.kind === 'redirect') return redirectReply(target.location);
    if (target.kind === 'none' || (method !== 'GET' && method !== 'HEAD')) return NO_PAGE;
    const format = negotiate(accept);
    if (target.kind === 'root') return valueReply(source.versions(), format, options);

    const address = callers.addressOf(peer, forwardedFor);
    const recognised = source.recognise(address);
    if (recognised !== null) {
      onHeld();
      await recognised;
    }
    const reply = await answer({ source, longPolls, snapshots }, { target, address, format, onGone }, options);
    return withETag(reply, asked.ifNoneMatch);
  };
}
