import { RCODE, TYPE } from '../codes.ts';
import { createNameReader } from '../read/name-reader.ts';
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
 * authority section, then RRsets of the answer, with TC set [RFC 2181 §9].
 */
export function fitForwarded(query: Query, reply: Buffer, fit: Fit): Buffer {
  const { bytes, questionEnd, edns } = query;
  const rcode = reply.readUInt8(3) & 0xf;
  // Checked again: TTLs were reduced since the first check, and a name may overlap them.
  const structure = structureOf(reply);
  if (!structure) return encodeServerFailure(query, fit.options);
  if (!structure.question || FAILURES.has(rcode))
    return encodeRefusal(bytes, { rcode, questionEnd, edns }, fit.options);
  const cut = cutTo(fit.limitBytes - optSize(query, fit), outlineOf(reply, questionEnd));
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

interface Outline {
  /** After each RRset of the answer section; the first place is before all of them. */
  readonly answers: readonly Place[];
  readonly authority: Place;
  /** Up to the OPT record. */
  readonly additional: Place;
}

interface Cut {
  readonly end: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  readonly truncated: boolean;
}

function cutTo(limit: number, { answers, authority, additional }: Outline): Cut {
  const all = answers.at(-1) ?? authority;
  const whole = { answers: all.count, authorities: authority.count, additionals: additional.count, truncated: false };
  if (additional.end <= limit) return { ...whole, end: additional.end };
  if (authority.end <= limit) return { ...whole, end: authority.end, additionals: 0 };
  if (all.end <= limit) return { ...whole, end: all.end, authorities: 0, additionals: 0 };
  const { end, count } = answers.findLast((place) => place.end <= limit) ?? { end: 0, count: 0 };
  return { end, answers: count, authorities: 0, additionals: 0, truncated: true };
}

function outlineOf(reply: Buffer, questionEnd: number): Outline {
  const names = createNameReader(reply);
  const answers: Place[] = [{ count: 0, end: questionEnd }];
  const most = reply.readUInt16BE(6);
  let at = questionEnd;
  for (let count = 0; count < most; ) {
    const owner = at;
    const type = reply.readUInt16BE(skipName(reply, at));
    do {
      at = recordEnd(reply, skipName(reply, at));
      count += 1;
    } while (count < most && reply.readUInt16BE(skipName(reply, at)) === type && names.same(owner, at));
    answers.push({ count, end: at });
  }
  const authority = skipRecords(reply, at, reply.readUInt16BE(8));
  return { answers, authority, additional: skipRecords(reply, authority.end, reply.readUInt16BE(10)) };
}

/** Up to an OPT record, or `most`. */
function skipRecords(reply: Buffer, start: number, most: number): Place {
  let at = start;
  for (let count = 0; count < most; count += 1) {
    const fixed = skipName(reply, at);
    if (reply.readUInt16BE(fixed) === TYPE.OPT) return { count, end: at };
    at = recordEnd(reply, fixed);
  }
  return { count: most, end: at };
}

function recordEnd(reply: Buffer, fixed: number): number {
  return fixed + 10 + reply.readUInt16BE(fixed + 8);
}
