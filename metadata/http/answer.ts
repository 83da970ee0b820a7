import { printsAs } from '../render/go-format.ts';
import type { TreeSource, Trees } from '../tree/tree-source.ts';
import { type Found, lookUp } from '../value/walk.ts';
import type { LongPolls } from './long-poll.ts';
import type { Format } from './negotiate.ts';
import type { PinnedTrees } from './pinned-trees.ts';
import { errorReply, type Reply, type ReplyOptions, valueReply } from './reply.ts';
import type { OnDisconnect } from './request.ts';
import type { Target } from './target.ts';

type ValueTarget = Extract<Target, { kind: 'value' }>;

/** A request for a value of the tree. */
export interface ValueRequest {
  readonly target: ValueTarget;
  readonly address: string;
  readonly format: Format;
  readonly onDisconnect: OnDisconnect;
}

interface Parts {
  readonly source: TreeSource;
  readonly longPolls: LongPolls;
  readonly pinned: PinnedTrees;
}

/** Looks up the requested value: in the present state, in a pinned one, or after waiting for a change. */
export async function answer(parts: Parts, request: ValueRequest, options: ReplyOptions): Promise<Reply> {
  const { snapshot } = request.target;
  if (snapshot === null) return answerOf(parts.source, parts.longPolls, request, options);
  const pin = snapshot === 'new' ? parts.pinned.pin() : parts.pinned.find(snapshot);
  if (pin === null)
    return errorReply(410, 'Snapshot has expired, take a new one with ?snapshot=new', request.format, options);
  // A pinned state does not change, so there is nothing to wait for.
  const unchanging = { ...request, target: { ...request.target, wait: null } };
  const reply = await answerOf(pin.trees, parts.longPolls, unchanging, options);
  return { ...reply, headers: { ...reply.headers, 'X-Snapshot': pin.token } };
}

async function answerOf(
  trees: Trees,
  longPolls: LongPolls,
  { target, address, format, onDisconnect }: ValueRequest,
  options: ReplyOptions,
): Promise<Reply> {
  const { version, keys, wait } = target;
  const read = (): Found | null => {
    const tree = trees.treeFor(version, address);
    return tree === undefined || tree === null ? null : lookUp(tree, keys);
  };
  if (trees.treeFor(version, address) === undefined) return errorReply(404, 'Invalid version', format, options);
  const changed = (): Found | null => {
    const found = read();
    return found === null || printsAs(found.value, wait?.value ?? '') ? null : found;
  };
  const found = wait === null ? read() : ((await longPolls.wait(changed, wait.maxWaitMs, onDisconnect)) ?? read());
  return found === null ? errorReply(404, 'Not found', format, options) : valueReply(found.value, format, options);
}
