import type { Clock } from '../../system/index.ts';
import { RCODE } from '../wire/codes.ts';
import { HEADER_SIZE } from '../wire/structure.ts';
import type { Alarm, Alarms } from './alarms.ts';
import type { Page } from './book.ts';
import { CASE_BYTES, encodeOutgoing, type Question } from './question.ts';
import type { Random } from './random.ts';
import { RECORD_TYPE, recordsOf } from './records.ts';
import { isTruncated, type Match, matchOf, rcodeOf } from './reply.ts';
import type { TcpExchanges } from './tcp-exchange.ts';
import type { UdpPorts } from './udp-ports.ts';

/** One question to one upstream, with whatever repeating, other ways and other forms it takes. */
export interface Conversation {
  /** A sound reply to the question, null when none will come. Never rejects. */
  readonly reply: Promise<Buffer | null>;
  /** Listens on without sending any more. */
  quieten(): void;
  /** Idempotent; the reply is null if there was none. */
  end(): void;
}

export type Converse = (question: Question, page: Page) => Conversation;

export interface ConversationDependencies {
  readonly ports: UdpPorts;
  readonly tcp: TcpExchanges;
  readonly alarms: Alarms;
  readonly random: Random;
  readonly clock: Clock;
}

/** How the question is written. */
interface Form {
  readonly edns: boolean;
  readonly mixed: boolean;
}

interface Received {
  readonly message: Buffer;
  readonly match: Exclude<Match, 'none'>;
  /** What it is the reply to. */
  readonly form: Form;
}

/** When a question is sent again, if the upstream's usual time says nothing else; the last one in the plainest form. */
const REPEAT_AFTER_MS = { least: 200, unknown: 400, most: 500 };
const REPEATS = 3;
const HABIT_MS = { edns: 10 * 60_000, otherCase: 60 * 60_000, suspected: 60_000 };

export function createConverse({ ports, tcp, alarms, random, clock }: ConversationDependencies): Converse {
  return (question, page) => {
    const { upstream, habits, counts } = page;
    const questionEnd = HEADER_SIZE + question.section.length;
    let ended = false;
    let stop = (): void => undefined;
    let quieten = (): void => undefined;
    const encode = (id: number, { edns, mixed }: Form): Buffer =>
      encodeOutgoing(question, { id, edns, caseBits: mixed ? random.bytes(CASE_BYTES) : null });

    const askUdp = (form: Form): Promise<Received | null> => {
      const { promise, resolve } = Promise.withResolvers<Received | null>();
      const started = clock.monotonic();
      let repeat: Alarm | null = null;
      let sent: { readonly message: Buffer; readonly form: Form } = { message: Buffer.alloc(0), form };
      let repeats = 0;
      const settle = (received: Received | null): void => {
        quieten();
        seat.end();
        resolve(received);
      };
      const seat = ports.open(upstream, (message) => {
        const match = message ? matchOf(message, sent.message, questionEnd) : 'none';
        if (message === null) {
          page.unreachable();
          settle(null);
        } else if (match === 'none') counts.unexpected += 1;
        else {
          page.replied(repeats === 0 ? clock.monotonic() - started : null);
          settle({ message, match, form: sent.form });
        }
      });
      const send = (next: Form): void => {
        sent = next === form && sent.message.length > 0 ? sent : { message: encode(seat.id, next), form: next };
        seat.send(sent.message);
        if (repeats >= REPEATS) return;
        repeat = alarms.in(firstRepeatMs(page) * 2 ** repeats, () => {
          repeats += 1;
          send(repeats === REPEATS ? PLAIN : form);
        });
      };
      quieten = () => repeat?.cancel();
      stop = () => settle(null);
      send(form);
      return promise;
    };

    const askTcp = async (form: Form): Promise<Received | null> => {
      const message = encode(random.id(), form);
      const exchange = tcp.start(message, upstream);
      counts.tcp += 1;
      stop = exchange.end;
      const reply = await exchange.reply;
      const match = reply ? matchOf(reply, message, questionEnd) : 'none';
      if (reply === null || match === 'none') return null;
      page.replied(null);
      return { message: reply, match, form };
    };

    /** Another case than ours: over TCP nobody can slip a reply in, so what comes there is the upstream's habit. */
    const askForCase = async (received: Received): Promise<Received | null> => {
      const sure = await askTcp(received.form);
      if (sure?.match === 'other-case') habits.otherCaseUntilMs = clock.monotonic() + HABIT_MS.otherCase;
      if (sure || ended) return sure;
      const plain = await askUdp({ ...received.form, mixed: false });
      if (plain) habits.otherCaseUntilMs = clock.monotonic() + HABIT_MS.suspected;
      return plain;
    };

    const withoutEdns = async (received: Received): Promise<Received | null> => {
      const plain = await askUdp({ ...received.form, edns: false });
      if (plain && !isRefusalOfForm(plain.message)) habits.noEdnsUntilMs = clock.monotonic() + HABIT_MS.edns;
      return plain ?? received;
    };

    const run = async (): Promise<Buffer | null> => {
      const now = clock.monotonic();
      const form = { edns: now >= habits.noEdnsUntilMs, mixed: now >= habits.otherCaseUntilMs };
      let received = await askUdp(form);
      if (received?.form === PLAIN && form.edns) habits.noEdnsUntilMs = clock.monotonic() + HABIT_MS.suspected;
      if (received?.match === 'other-case' && received.form.mixed && !ended) received = await askForCase(received);
      if (received?.form.edns && isRefusalOfForm(received.message) && !ended) received = await withoutEdns(received);
      if (received === null || ended || !isTruncated(received.message)) return received?.message ?? null;
      return ((await askTcp(received.form)) ?? received).message;
    };

    counts.queries += 1;
    return {
      reply: run(),
      quieten: () => quieten(),
      end: () => {
        ended = true;
        stop();
      },
    };
  };
}

/** No EDNS and no mixed case: some middle boxes swallow what they do not know. */
const PLAIN: Form = { edns: false, mixed: false };

function firstRepeatMs(page: Page): number {
  const usual = page.usualMs();
  if (usual === null) return REPEAT_AFTER_MS.unknown;
  return Math.min(Math.max(2 * usual, REPEAT_AFTER_MS.least), REPEAT_AFTER_MS.most);
}

/** It could not read the question or knows no EDNS [RFC 6891 §7]. */
function isRefusalOfForm(message: Buffer): boolean {
  const rcode = rcodeOf(message);
  if (rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP) return true;
  const opt = recordsOf(message).find(({ type }) => type === RECORD_TYPE.OPT);
  return opt !== undefined && message.readUInt8(opt.fields + 4) === BADVERS >> 4;
}

const BADVERS = 16;
