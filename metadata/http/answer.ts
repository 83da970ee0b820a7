import { printsAs } from '../render/go-format.ts';
import type { TreeSource, Trees } from '../tree/tree-source.ts';
import { type Found, lookUp } from '../value/walk.ts';
import type { LongPolls } from './long-poll.ts';
import type { Format } from './negotiate.ts';
import type { Snapshots } from './pinned-trees.ts';
import { errorReply, type Reply, type ReplyOptions, valueReply } from './reply.ts';
import type { OnGone } from './request.ts';
import type { Target } from './target.ts';

type ValueTarget = Extract<Target, { kind: 'value' }>;

export interface Question {
  readonly target: ValueTarget;
  readonly address: string;
  readonly format: Format;
  readonly onGone: OnGone;
}

interface Parts {
  readonly source: TreeSource;
  readonly longPolls: LongPolls;
  readonly snapshots: Snapshots;
}

/** Finds what a request asks for, in the state that it names, or waiting if it says so. */
export async function answer(parts: Parts, question: Question, options: ReplyOptions): Promise<Reply> {
  const { snapshot } = question.target;
  if (snapshot === null) return answerOf(parts.source, parts.longPolls, question, options);
  const kept = snapshot === 'new' ? parts.snapshots.take() : parts.snapshots.find(snapshot);
  if (kept === null) return errorReply(410, 'Snapshot is gone, take a new one', question.format, options);
  // It does not change: there is nothing to wait for.
  const still = { ...question, target: { ...question.target, wait: null } };
  const reply = await answerOf(kept.trees, parts.longPolls, still, options);
  return { ...reply, headers: { ...reply.headers, 'X-Snapshot': kept.token } };
}

async function answerOf(
  trees: Trees,
  longPolls: LongPolls,
  { target, address, format, onGone }: Question,
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
  const found = wait === null ? read() : ((await longPolls.wait(changed, wait.maxWaitMs, onGone)) ?? read());
  return found === null ? errorReply(404, 'Not found', format, options) : valueReply(found.value, format, options);
}
