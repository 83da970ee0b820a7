import type { TreeSource } from '../tree/tree-source.ts';
import { answer } from './answer.ts';
import type { ClientAddresses } from './client-address.ts';
import { withETag } from './etag.ts';
import type { LongPolls } from './long-poll.ts';
import { negotiate } from './negotiate.ts';
import type { PinnedTrees } from './pinned-trees.ts';
import { badRequestReply, NO_PAGE, type Reply, type ReplyOptions, redirectReply, valueReply } from './reply.ts';
import type { ReceivedRequest } from './request.ts';
import { parseTarget } from './target.ts';

interface Parts {
  readonly source: TreeSource;
  readonly clients: ClientAddresses;
  readonly longPolls: LongPolls;
  readonly pinned: PinnedTrees;
  readonly onHeld: () => void;
}

/** Returns the function that answers one request. */
export function createResponder({ source, clients, longPolls, pinned, onHeld }: Parts, options: ReplyOptions) {
  return async (request: ReceivedRequest): Promise<Reply> => {
    const { method, onDisconnect } = request;
    const target = parseTarget(request.target);
    if (target.kind === 'bad') return badRequestReply();
    if (request.lacksHost) return badRequestReply('missing required Host header');
    if (target.kind === 'redirect') return redirectReply(target.location);
    if (target.kind === 'none' || (method !== 'GET' && method !== 'HEAD')) return NO_PAGE;
    const format = negotiate(request.accept);
    if (target.kind === 'root') return valueReply(source.versions(), format, options);

    const address = clients.addressOf(request.peer, request.forwardedFor);
    const recognised = source.recognise(address);
    if (recognised !== null) {
      onHeld();
      await recognised;
    }
    const reply = await answer({ source, longPolls, pinned }, { target, address, format, onDisconnect }, options);
    return withETag(reply, request.ifNoneMatch);
  };
}
