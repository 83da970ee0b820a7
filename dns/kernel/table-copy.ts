import type { StoredReply, TableFollower } from '../hot/index.ts';
import { addressText } from '../query/address-number.ts';
import type { KernelAnswers } from './kernel-answers.ts';
import type { KernelAnswer } from './layout.ts';

const TYPE_A = 1;
const TYPE_AAAA = 28;
/** QR, AA and RA, no error. */
const PLAIN_FLAGS = 0x8480;

/** Copies the replies of the hot path's table to the kernel, as far as the kernel can give them. */
export function createTableCopy(kernel: KernelAnswers): TableFollower {
  return {
    pause: kernel.pause,
    resume: kernel.resume,
    put: ({ scope, type, name }, reply) => {
      const answer = answerOf(type, reply);
      if (answer) kernel.put(scope, type, name, answer);
    },
    drop: ({ scope, type, name }) => kernel.drop(scope, type, name),
    clear: kernel.clear,
    know: (from, scope) => kernel.know(addressText(from), scope),
    forgetAskers: kernel.forgetAskers,
  };
}

/** The kernel gives addresses that take plain turns, and the SOA of a NODATA. Everything else is for the server. */
function answerOf(type: number, reply: StoredReply): KernelAnswer | null {
  if ((type !== TYPE_A && type !== TYPE_AAAA) || reply.additionals > 0 || reply.one || reply.schedule) return null;
  if (reply.flags !== PLAIN_FLAGS) return null;
  if (reply.answers === 0 && reply.authorities === 1 && reply.serialAt >= 0) {
    return { body: reply.fixed, count: 0, turn: 0, serialAt: reply.serialAt };
  }
  if (reply.authorities > 0 || (reply.records.length > 0 && reply.fixed.length > 0)) return null;
  // A single record is in the fixed part, several are records that take turns.
  const body = reply.records.length > 0 ? reply.records : reply.fixed;
  return { body, count: reply.answers, turn: 0, serialAt: 0 };
}
