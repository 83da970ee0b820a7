import { bytes, optionOf, optOf } from '../wire/messages.ts';
import type { Input } from './input.ts';
import type { Random } from './random.ts';
import { ASKERS } from './worlds.ts';

/** Bytes with a meaning: ends of names, pointers, the longest label and one more, counts. */
const TELLING = [0, 1, 0x3f, 0x40, 0x80, 0xc0, 0xff, 41, 10, 11, 12] as const;
const PIECES = [
  bytes('c00c'),
  bytes('c00c 0001 0001 00000000 0004 0a000001'),
  bytes('03 777777 00'),
  optOf(),
  optOf({ options: optionOf(10, Buffer.alloc(8)) }),
  bytes('07 72616e63686572 08 696e7465726e616c 00'),
] as const;
const TYPES = [0, 1, 2, 5, 6, 12, 16, 28, 33, 41, 64, 65, 128, 250, 251, 252, 255, 257, 65_535] as const;
const MAX_SIZE = 65_535;

type Change = (message: Buffer, random: Random, other: Buffer) => Buffer;

const setByte: Change = (message, random) => {
  if (message.length === 0) return Buffer.of(random.byte());
  message[random.below(message.length)] = random.below(2) === 0 ? random.byte() : random.pick(TELLING);
  return message;
};

const flipBit: Change = (message, random) => {
  const at = random.below(message.length || 1);
  if (at < message.length) message[at] = (message[at] ?? 0) ^ (1 << random.below(8));
  return message;
};

const setNumber: Change = (message, random) => {
  if (message.length < 2) return message;
  const value =
    random.below(3) === 0
      ? random.pick(TYPES)
      : random.pick([0, 1, 2, message.length & 0xffff, 0xffff, random.below(0x10000)]);
  message.writeUInt16BE(value, random.below(message.length - 1));
  return message;
};

/** The header is small, so it is mutated more often. */
const setCount: Change = (message, random) => {
  if (message.length < 12) return message;
  message.writeUInt16BE(random.pick([0, 1, 1, 2, 3, 0xffff]), 4 + 2 * random.below(4));
  return message;
};

const changeCase: Change = (message, random) => {
  for (let at = 12; at < message.length; at += 1) {
    const byte = message[at] ?? 0;
    const isLetter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
    if (isLetter && random.below(2) === 0) message[at] = byte ^ 0x20;
  }
  return message;
};

const cutOut: Change = (message, random) => {
  const at = random.below(message.length + 1);
  const size = random.below(Math.min(40, message.length - at) + 1);
  return Buffer.concat([message.subarray(0, at), message.subarray(at + size)]);
};

const putIn: Change = (message, random) => {
  const at = random.below(message.length + 1);
  return Buffer.concat([message.subarray(0, at), random.pick(PIECES), message.subarray(at)]);
};

const double: Change = (message, random) => {
  const at = random.below(message.length + 1);
  const size = random.below(message.length - at + 1);
  const times = random.below(50) === 0 ? 200 : 1 + random.below(3);
  const piece = message.subarray(at, at + size);
  return Buffer.concat([message.subarray(0, at), ...new Array<Buffer>(times).fill(piece), message.subarray(at)]);
};

const cross: Change = (message, random, other) => {
  const at = random.below(Math.min(message.length, other.length) + 1);
  return Buffer.concat([message.subarray(0, at), other.subarray(at)]);
};

const append: Change = (message, random) =>
  Buffer.concat([
    message,
    random.below(3) === 0 ? Buffer.alloc(random.below(600), random.byte()) : random.pick(PIECES),
  ]);

const CHANGES = [
  setByte,
  setByte,
  flipBit,
  setNumber,
  setNumber,
  setCount,
  changeCase,
  cutOut,
  putIn,
  double,
  cross,
  append,
];

/** Changes id, letter case, type or a flag: the query stays valid, so that the hot path answers it. */
const gentle: Change = (message, random) => {
  const result = changeCase(message, random, message);
  if (result.length < 12) return result;
  result.writeUInt16BE(random.below(0x10000), 0);
  if (random.below(3) === 0) result[2] = (result[2] ?? 0) ^ 1;
  if (random.below(3) === 0) result[3] = (result[3] ?? 0) ^ random.pick([0x10, 0x20]);
  let at = 12;
  while ((result[at] ?? 0) !== 0) at += (result[at] ?? 0) + 1;
  if (random.below(2) === 0 && at + 3 <= result.length) result.writeUInt16BE(random.pick(TYPES), at + 1);
  return result;
};

function changed(message: Buffer, random: Random, other: Buffer): Buffer {
  let result = Buffer.from(message);
  for (let n = 1 + random.below(4); n > 0; n -= 1) {
    result = Buffer.from(random.pick(CHANGES)(result, random, other).subarray(0, MAX_SIZE));
  }
  return result;
}

/** A mutated input; parts may come from `other`. */
export function mutate(input: Input, other: Input, random: Random): Input {
  const what = random.below(12);
  return {
    query:
      what < 3
        ? gentle(Buffer.from(input.query), random, other.query)
        : what < 9
          ? changed(input.query, random, other.query)
          : input.query,
    upstream: what > 7 ? changed(input.upstream, random, other.upstream) : input.upstream,
    transport: random.below(8) === 0 ? 'tcp' : random.below(8) === 0 ? 'udp' : input.transport,
    from: random.below(8) === 0 ? random.pick(ASKERS) : input.from,
  };
}
