import type { StoredReply, TableFollower } from '../hot/index.ts';
import { addressText } from '../query/address-number.ts';
import type { KernelAnswers } from './kernel-answers.ts';
import type { KernelAnswer } from './layout.ts';

const TYPE_A = 1;
const TYPE_AAAA = 28;

/** Keeps the kernel in step with the hot path's table. */
export function createKernelMirror(kernel: KernelAnswers): TableFollower {
  return {
    pause: kernel.pause,
    resume: kernel.resume,
    put: ({ scope, type, name }, entry) => {
      const answer = answerOf(type, entry);
      if (answer) kernel.put(scope, type, name, answer);
    },
    drop: ({ scope, type, name }) => kernel.drop(scope, type, name),
    clear: kernel.clear,
    know: (from, scope) => kernel.know(addressText(from), scope),
    forgetAskers: kernel.forgetAskers,
  };
}

/** Plain addresses dealt out in turns, or an SOA that says there are none; whatever else a service asks for is the server's. */
function answerOf(type: number, entry: StoredReply): KernelAnswer | null {
  if ((type !== TYPE_A && type !== TYPE_AAAA) || entry.additionals > 0 || entry.one || entry.schedule) return null;
  if (entry.flags !== PLAIN_FLAGS) return null;
  if (entry.answers === 0 && entry.authorities === 1 && entry.serialAt >= 0) {
    return { body: entry.fixed, count: 0, turn: 0, serialAt: entry.serialAt };
  }
  if (entry.authorities > 0) return null;
  // One record is all there is; several are dealt out.
  const body = entry.records.length > 0 && entry.fixed.length === 0 ? entry.records : entry.fixed;
  if (entry.records.length > 0 && entry.fixed.length > 0) return null;
  return { body, count: entry.answers, turn: 0, serialAt: 0 };
}

/** QR, AA and RA, no error. */
const PLAIN_FLAGS = 0x8480;
