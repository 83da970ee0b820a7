import type { Clock, TimerWheel } from '../../../system/index.ts';
import { HEADER_SIZE } from '../../wire/codes.ts';
import { CASE_BYTES, encodeOutgoing, type Question } from '../message/question.ts';
import { type Match, matchOf } from '../message/reply.ts';
import type { Random } from './random.ts';
import type { UpstreamStatistics } from './statistics.ts';
import type { UdpPorts } from './udp-ports.ts';

/** How a query is encoded. */
export interface Form {
  readonly edns: boolean;
  readonly mixed: boolean;
}

/** No EDNS and no mixed case: some middleboxes drop what they do not know. */
export const PLAIN: Form = { edns: false, mixed: false };

export interface Received {
  readonly message: Buffer;
  readonly match: Exclude<Match, 'none'>;
  /** The form of the query that was answered. */
  readonly form: Form;
}

/** A question in flight over UDP, repeated until a reply arrives. */
export interface UdpQuestion {
  /** The reply; null if none can arrive any more. Never rejects. */
  readonly received: Promise<Received | null>;
  /** Stops sending, but still accepts a reply. */
  quieten(): void;
  end(): void;
}

export interface UdpQuestionDependencies {
  readonly ports: UdpPorts;
  readonly timers: TimerWheel;
  readonly random: Random;
  readonly clock: Clock;
}

/** Time to the first repetition, if the usual time of the upstream does not suggest another. The last one uses the plain form. */
const REPEAT_AFTER_MS = { least: 200, unknown: 400, most: 500 };
const REPEATS = 3;

export function encodeForm(question: Question, id: number, { edns, mixed }: Form, random: Random): Buffer {
  return encodeOutgoing(question, { id, edns, caseBits: mixed ? random.bytes(CASE_BYTES) : null });
}

export function askUdp(
  dependencies: UdpQuestionDependencies,
  question: Question,
  stats: UpstreamStatistics,
  form: Form,
): UdpQuestion {
  const { ports, timers, random, clock } = dependencies;
  const { promise: received, resolve } = Promise.withResolvers<Received | null>();
  const questionEnd = HEADER_SIZE + question.section.length;
  const started = clock.monotonic();
  let repeats = 0;
  let cancelRepeat: (() => void) | null = null;

  const quieten = () => cancelRepeat?.();
  const settle = (found: Received | null): void => {
    quieten();
    channel.end();
    resolve(found);
  };
  const take = (message: Buffer): void => {
    const match = matchOf(message, sent.message, questionEnd);
    if (match === 'none') {
      stats.counts.unexpected += 1;
      return;
    }
    // After a repetition it is unknown which of the queries was answered.
    stats.replied(repeats === 0 ? clock.monotonic() - started : null);
    settle({ message, match, form: sent.form });
  };
  const lost = (): void => {
    stats.unreachable();
    settle(null);
  };
  const send = (): void => {
    channel.send(sent.message);
    if (repeats < REPEATS) cancelRepeat = timers.add(firstRepeatMs(stats) * 2 ** repeats, sendAgain);
  };
  const sendAgain = (): void => {
    repeats += 1;
    if (repeats === REPEATS) sent = { message: encodeForm(question, channel.id, PLAIN, random), form: PLAIN };
    send();
  };

  const channel = ports.open(stats.upstream, (message) => (message === null ? lost() : take(message)));
  let sent = { message: encodeForm(question, channel.id, form, random), form };
  send();
  return { received, quieten, end: () => settle(null) };
}

function firstRepeatMs(stats: UpstreamStatistics): number {
  const usual = stats.usualMs();
  if (usual === null) return REPEAT_AFTER_MS.unknown;
  return Math.min(Math.max(2 * usual, REPEAT_AFTER_MS.least), REPEAT_AFTER_MS.most);
}
