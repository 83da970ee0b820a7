import type { Clock } from '../../system/index.ts';
import { HEADER_SIZE } from '../wire/structure.ts';
import type { Alarm, Alarms } from './alarms.ts';
import type { Page } from './book.ts';
import { CASE_BYTES, encodeOutgoing, type Question } from './question.ts';
import type { Random } from './random.ts';
import { type Match, matchOf } from './reply.ts';
import type { UdpPorts } from './udp-ports.ts';

/** How a question is written. */
export interface Form {
  readonly edns: boolean;
  readonly mixed: boolean;
}

/** No EDNS and no mixed case: some middle boxes swallow what they do not know. */
export const PLAIN: Form = { edns: false, mixed: false };

export interface Received {
  readonly message: Buffer;
  readonly match: Exclude<Match, 'none'>;
  /** What it is the reply to. */
  readonly form: Form;
}

/** A question under way over UDP: sent again and again until something comes for it. */
export interface UdpQuestion {
  /** What came; null when nothing can come any more. Never rejects. */
  readonly received: Promise<Received | null>;
  /** Listens on without sending any more. */
  quieten(): void;
  end(): void;
}

export interface UdpQuestionDependencies {
  readonly ports: UdpPorts;
  readonly alarms: Alarms;
  readonly random: Random;
  readonly clock: Clock;
}

/** When it is sent again, if the upstream's usual time says nothing else; the last time in the plainest form. */
const REPEAT_AFTER_MS = { least: 200, unknown: 400, most: 500 };
const REPEATS = 3;

export function encodeForm(question: Question, id: number, { edns, mixed }: Form, random: Random): Buffer {
  return encodeOutgoing(question, { id, edns, caseBits: mixed ? random.bytes(CASE_BYTES) : null });
}

export function askUdp(dependencies: UdpQuestionDependencies, question: Question, page: Page, form: Form): UdpQuestion {
  const { ports, alarms, random, clock } = dependencies;
  const { promise: received, resolve } = Promise.withResolvers<Received | null>();
  const questionEnd = HEADER_SIZE + question.section.length;
  const started = clock.monotonic();
  let repeats = 0;
  let repeat: Alarm | null = null;

  const quieten = () => repeat?.cancel();
  const settle = (found: Received | null): void => {
    quieten();
    seat.end();
    resolve(found);
  };
  const take = (message: Buffer): void => {
    const match = matchOf(message, sent.message, questionEnd);
    if (match === 'none') {
      page.counts.unexpected += 1;
      return;
    }
    // Of a question that was sent twice nobody can tell which one was answered.
    page.replied(repeats === 0 ? clock.monotonic() - started : null);
    settle({ message, match, form: sent.form });
  };
  const lost = (): void => {
    page.unreachable();
    settle(null);
  };
  const send = (): void => {
    seat.send(sent.message);
    if (repeats < REPEATS) repeat = alarms.in(firstRepeatMs(page) * 2 ** repeats, sendAgain);
  };
  const sendAgain = (): void => {
    repeats += 1;
    if (repeats === REPEATS) sent = { message: encodeForm(question, seat.id, PLAIN, random), form: PLAIN };
    send();
  };

  const seat = ports.open(page.upstream, (message) => (message === null ? lost() : take(message)));
  let sent = { message: encodeForm(question, seat.id, form, random), form };
  send();
  return { received, quieten, end: () => settle(null) };
}

function firstRepeatMs(page: Page): number {
  const usual = page.usualMs();
  if (usual === null) return REPEAT_AFTER_MS.unknown;
  return Math.min(Math.max(2 * usual, REPEAT_AFTER_MS.least), REPEAT_AFTER_MS.most);
}
