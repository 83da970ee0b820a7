import { printsAs } from './go-format.ts';
import type { LongPolls } from './long-poll.ts';
import type { Format } from './negotiate.ts';
import { type Found, lookUp, type Target } from './path.ts';
import { errorReply, type Reply, type ReplyOptions, valueReply } from './reply.ts';
import type { TreeSource } from './tree-source.ts';

type ValueTarget = Extract<Target, { kind: 'value' }>;

export interface Question {
  readonly target: ValueTarget;
  readonly address: string;
  readonly format: Format;
  /** Tells when the caller is gone. */
  readonly onGone: (listener: () => void) => void;
}

/** Finds what a request asks for, waiting if it says so. */
export async function answer(
  { source, longPolls }: { readonly source: TreeSource; readonly longPolls: LongPolls },
  { target, address, format, onGone }: Question,
  options: ReplyOptions,
): Promise<Reply> {
  const { version, keys, wait } = target;
  const read = (): Found | null => {
    const tree = source.treeFor(version, address);
    return tree === undefined || tree === null ? null : lookUp(tree, keys);
  };
  if (source.treeFor(version, address) === undefined) return errorReply(404, 'Invalid version', format, options);
  const changed = (): Found | null => {
    const found = read();
    return found === null || printsAs(found.value, wait?.value ?? '') ? null : found;
  };
  const found = wait === null ? read() : ((await longPolls.wait(changed, wait.maxWaitMs, onGone)) ?? read());
  return found === null ? errorReply(404, 'Not found', format, options) : valueReply(found.value, format, options);
}
