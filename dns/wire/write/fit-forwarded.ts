import { RCODE, TYPE } from '../codes.ts';
import type { Query } from '../read/query.ts';
import { skipName } from '../read/question.ts';
import { structureOf } from '../read/structure.ts';
import { ByteWriter } from './byte-writer.ts';
import { encodeRefusal, encodeServerFailure, type Fit, FLAG_TC, optSize, writeHeader, writeOpt } from './encode.ts';

const FLAG_AD = 0x0020;

/** These codes are about the server, not the name: the records of such a reply are not used. */
const FAILURES: ReadonlySet<number> = new Set([RCODE.FORMERR, RCODE.SERVFAIL, RCODE.NOTIMP, RCODE.REFUSED]);

/**
 * An upstream's reply in the form for our client: AA clear, AD only if the client requested it [RFC 6840 §5.8], EDNS as the client
 * uses it, because EDNS is hop by hop [RFC 6891 §6.1.1]. A reply that is too large loses its additional section, then its
 * authority section, then records of the answer, with TC set [RFC 2181 §9].
 */
export function fitForwarded(query: Query, reply: Buffer, fit: Fit): Buffer {
  const { bytes, questionEnd, edns } = query;
  const rcode = reply.readUInt8(3) & 0xf;
  // Checked again: TTLs were reduced since the first check, and a name may overlap them.
  const structure = structureOf(reply);
  if (!structure) return encodeServerFailure(query, fit.options);
  if (!structure.question || FAILURES.has(rcode))
    return encodeRefusal(bytes, { rcode, questionEnd, edns }, fit.options);
  const cut = cutTo(fit.limitBytes - optSize(query, fit), reply, questionEnd);
  const writer = new ByteWriter(bytes.subarray(0, questionEnd));
  writer.append(reply.subarray(questionEnd, cut.end));
  if (edns) writeOpt(writer, edns, { extendedRcode: 0, options: fit.options });
  const fitted = writer.toBuffer();
  const wantsAd = (bytes.readUInt8(3) & FLAG_AD) !== 0 || edns?.dnssecOk === true;
  const authentic = wantsAd ? reply.readUInt8(3) & FLAG_AD : 0;
  const truncated = cut.truncated ? FLAG_TC : reply.readUInt16BE(2) & FLAG_TC;
  writeHeader(fitted, rcode | authentic | truncated, [
    1,
    cut.answers,
    cut.authorities,
    cut.additionals + (edns ? 1 : 0),
  ]);
  return fitted;
}

/** A place where a message can be cut: after `count` records of a section, at offset `end`. */
interface Place {
  readonly count: number;
  readonly end: number;
}

interface Cut {
  readonly end: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  readonly truncated: boolean;
}

function cutTo(limit: number, reply: Buffer, questionEnd: number): Cut {
  const answer = skipRecords(reply, questionEnd, reply.readUInt16BE(6));
  const authority = skipRecords(reply, answer.end, reply.readUInt16BE(8));
  const additional = skipRecords(reply, authority.end, reply.readUInt16BE(10), (type) => type === TYPE.OPT);
  const whole = {
    answers: answer.count,
    authorities: authority.count,
    additionals: additional.count,
    truncated: false,
  };
  if (additional.end <= limit) return { ...whole, end: additional.end };
  if (authority.end <= limit) return { ...whole, end: authority.end, additionals: 0 };
  if (answer.end <= limit) return { ...whole, end: answer.end, authorities: 0, additionals: 0 };
  const { end, count } = skipRecords(reply, questionEnd, answer.count, (_, recordEnd) => recordEnd > limit);
  return { end, answers: count, authorities: 0, additionals: 0, truncated: true };
}

/** Up to `most` records, or to the first one for which `stops` is true. */
function skipRecords(
  reply: Buffer,
  start: number,
  most: number,
  stops: (type: number, end: number) => boolean = () => false,
): Place {
  let at = start;
  for (let count = 0; count < most; count += 1) {
    const fixed = skipName(reply, at);
    const end = fixed + 10 + reply.readUInt16BE(fixed + 8);
    if (stops(reply.readUInt16BE(fixed), end)) return { count, end: at };
    at = end;
  }
  return { count: most, end: at };
}
