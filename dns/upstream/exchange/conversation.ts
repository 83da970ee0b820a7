import { HEADER_SIZE, RCODE, TYPE } from '../../wire/codes.ts';
import type { Question } from '../message/question.ts';
import { recordsOf } from '../message/records.ts';
import { isTruncated, matchOf, rcodeOf } from '../message/reply.ts';
import type { UpstreamStatistics } from './statistics.ts';
import type { TcpExchanges } from './tcp-exchange.ts';
import { askUdp, encodeForm, type Form, PLAIN, type Received, type UdpQuestionDependencies } from './udp-question.ts';

/** One question to one upstream, with all repetitions, the fallback to TCP and to simpler forms of the query. */
export interface Conversation {
  /** A well-formed reply to the question; null if none will come. Never rejects. */
  readonly reply: Promise<Buffer | null>;
  /** Stops sending, but still accepts a reply. */
  quieten(): void;
  /** Idempotent; the reply is null if there was none. */
  end(): void;
}

export type Converse = (question: Question, stats: UpstreamStatistics) => Conversation;

export interface ConversationDependencies extends UdpQuestionDependencies {
  readonly tcp: TcpExchanges;
}

interface State extends ConversationDependencies {
  readonly question: Question;
  readonly stats: UpstreamStatistics;
  ended: boolean;
  /** The query in flight. */
  current: Pick<Conversation, 'quieten' | 'end'>;
}

const QUIRK_MS = { edns: 10 * 60_000, otherCase: 60 * 60_000, suspected: 60_000 };
const NOTHING = { quieten: () => undefined, end: () => undefined };

export function createConverse(dependencies: ConversationDependencies): Converse {
  return (question, stats) => {
    const state: State = { ...dependencies, question, stats, ended: false, current: NOTHING };
    stats.counts.queries += 1;
    return {
      reply: run(state).catch(() => null),
      quieten: () => state.current.quieten(),
      end: () => {
        state.ended = true;
        state.current.end();
      },
    };
  };
}

async function run(state: State): Promise<Buffer | null> {
  const { clock, stats } = state;
  const { quirks } = stats;
  const now = clock.monotonic();
  const form = { edns: now >= quirks.noEdnsUntilMs, mixed: now >= quirks.otherCaseUntilMs };
  let received = await overUdp(state, form);
  if (received?.form === PLAIN && form.edns) quirks.noEdnsUntilMs = clock.monotonic() + QUIRK_MS.suspected;
  if (received?.match === 'other-case' && received.form.mixed) received = await askForCase(state, received);
  if (received?.form.edns && isRefusalOfForm(received.message)) received = await withoutEdns(state, received);
  if (received && isTruncated(received.message)) received = (await overTcp(state, received.form)) ?? received;
  return received?.message ?? null;
}

async function overUdp(state: State, form: Form): Promise<Received | null> {
  if (state.ended) return null;
  const asked = askUdp(state, state.question, state.stats, form);
  state.current = asked;
  return await asked.received;
}

async function overTcp(state: State, form: Form): Promise<Received | null> {
  if (state.ended) return null;
  const { question, stats, random, tcp } = state;
  const message = encodeForm(question, random.id(), form, random);
  const exchange = tcp.start(message, stats.upstream);
  state.current = { ...NOTHING, end: exchange.end };
  stats.counts.tcp += 1;
  const reply = await exchange.reply;
  const match = reply ? matchOf(reply, message, HEADER_SIZE + question.section.length) : 'none';
  if (reply === null || match === 'none') return null;
  stats.replied(null);
  return { message: reply, match, form };
}

/** The reply has another letter case than the query. A TCP reply cannot be forged, so it tells whether the upstream does that. */
async function askForCase(state: State, received: Received): Promise<Received | null> {
  const { quirks } = state.stats;
  const sure = await overTcp(state, received.form);
  if (sure?.match === 'other-case') quirks.otherCaseUntilMs = state.clock.monotonic() + QUIRK_MS.otherCase;
  if (sure) return sure;
  const plain = await overUdp(state, { ...received.form, mixed: false });
  if (plain) quirks.otherCaseUntilMs = state.clock.monotonic() + QUIRK_MS.suspected;
  return plain;
}

async function withoutEdns(state: State, received: Received): Promise<Received | null> {
  const plain = await overUdp(state, { ...received.form, edns: false });
  if (plain && !isRefusalOfForm(plain.message)) {
    state.stats.quirks.noEdnsUntilMs = state.clock.monotonic() + QUIRK_MS.edns;
  }
  return plain ?? received;
}

/** The upstream could not read the query or does not support EDNS [RFC 6891 §7]. */
function isRefusalOfForm(message: Buffer): boolean {
  const rcode = rcodeOf(message);
  if (rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP) return true;
  const opt = recordsOf(message).find(({ type }) => type === TYPE.OPT);
  return opt !== undefined && message.readUInt8(opt.fields + 4) === BADVERS >> 4;
}

const BADVERS = 16;
