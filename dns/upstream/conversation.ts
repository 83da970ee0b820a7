import { RCODE } from '../wire/codes.ts';
import { HEADER_SIZE } from '../wire/structure.ts';
import type { Page } from './book.ts';
import type { Question } from './question.ts';
import { RECORD_TYPE, recordsOf } from './records.ts';
import { isTruncated, matchOf, rcodeOf } from './reply.ts';
import type { TcpExchanges } from './tcp-exchange.ts';
import { askUdp, encodeForm, type Form, PLAIN, type Received, type UdpQuestionDependencies } from './udp-question.ts';

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

export interface ConversationDependencies extends UdpQuestionDependencies {
  readonly tcp: TcpExchanges;
}

interface Talk extends ConversationDependencies {
  readonly question: Question;
  readonly page: Page;
  ended: boolean;
  /** What is under way now. */
  current: Pick<Conversation, 'quieten' | 'end'>;
}

const HABIT_MS = { edns: 10 * 60_000, otherCase: 60 * 60_000, suspected: 60_000 };
const NOTHING = { quieten: () => undefined, end: () => undefined };

export function createConverse(dependencies: ConversationDependencies): Converse {
  return (question, page) => {
    const talk: Talk = { ...dependencies, question, page, ended: false, current: NOTHING };
    page.counts.queries += 1;
    return {
      reply: run(talk).catch(() => null),
      quieten: () => talk.current.quieten(),
      end: () => {
        talk.ended = true;
        talk.current.end();
      },
    };
  };
}

async function run(talk: Talk): Promise<Buffer | null> {
  const { clock, page } = talk;
  const { habits } = page;
  const now = clock.monotonic();
  const form = { edns: now >= habits.noEdnsUntilMs, mixed: now >= habits.otherCaseUntilMs };
  let received = await overUdp(talk, form);
  if (received?.form === PLAIN && form.edns) habits.noEdnsUntilMs = clock.monotonic() + HABIT_MS.suspected;
  if (received?.match === 'other-case' && received.form.mixed) received = await askForCase(talk, received);
  if (received?.form.edns && isRefusalOfForm(received.message)) received = await withoutEdns(talk, received);
  if (received && isTruncated(received.message)) received = (await overTcp(talk, received.form)) ?? received;
  return received?.message ?? null;
}

async function overUdp(talk: Talk, form: Form): Promise<Received | null> {
  if (talk.ended) return null;
  const asked = askUdp(talk, talk.question, talk.page, form);
  talk.current = asked;
  return await asked.received;
}

async function overTcp(talk: Talk, form: Form): Promise<Received | null> {
  if (talk.ended) return null;
  const { question, page, random, tcp } = talk;
  const message = encodeForm(question, random.id(), form, random);
  const exchange = tcp.start(message, page.upstream);
  talk.current = { ...NOTHING, end: exchange.end };
  page.counts.tcp += 1;
  const reply = await exchange.reply;
  const match = reply ? matchOf(reply, message, HEADER_SIZE + question.section.length) : 'none';
  if (reply === null || match === 'none') return null;
  page.replied(null);
  return { message: reply, match, form };
}

/** Another case than ours: over TCP nobody can slip a reply in, so what comes there is the upstream's habit. */
async function askForCase(talk: Talk, received: Received): Promise<Received | null> {
  const { habits } = talk.page;
  const sure = await overTcp(talk, received.form);
  if (sure?.match === 'other-case') habits.otherCaseUntilMs = talk.clock.monotonic() + HABIT_MS.otherCase;
  if (sure) return sure;
  const plain = await overUdp(talk, { ...received.form, mixed: false });
  if (plain) habits.otherCaseUntilMs = talk.clock.monotonic() + HABIT_MS.suspected;
  return plain;
}

async function withoutEdns(talk: Talk, received: Received): Promise<Received | null> {
  const plain = await overUdp(talk, { ...received.form, edns: false });
  if (plain && !isRefusalOfForm(plain.message)) {
    talk.page.habits.noEdnsUntilMs = talk.clock.monotonic() + HABIT_MS.edns;
  }
  return plain ?? received;
}

/** It could not read the question or knows no EDNS [RFC 6891 §7]. */
function isRefusalOfForm(message: Buffer): boolean {
  const rcode = rcodeOf(message);
  if (rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP) return true;
  const opt = recordsOf(message).find(({ type }) => type === RECORD_TYPE.OPT);
  return opt !== undefined && message.readUInt8(opt.fields + 4) === BADVERS >> 4;
}

const BADVERS = 16;
