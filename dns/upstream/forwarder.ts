import { randomInt } from 'node:crypto';
import type { Clock, Log } from '../../system/index.ts';
import { RCODE } from '../wire/codes.ts';
import type { Upstream } from './address.ts';
import { type Exchange, exchangeTcp, exchangeUdp } from './exchange.ts';
import { createUpstreamHealth } from './health.ts';
import { isReplyTo, isTruncated, rcodeOf, withId } from './reply.ts';

/** Who wants to know: whose upstreams are asked, and whose share of the queries under way it is. */
export interface ForwardAsker {
  readonly key: string;
  /** Its own resolvers, asked before the default ones. */
  readonly dns: readonly string[];
}

/** A reply, and how it was come by: from an upstream now, from the cache, from the cache although too old, without anybody. */
export interface Forwarded {
  /**
   * Whole (TC only where TCP failed too), with id, question, RD and CD as in the query; RA set, AA clear. It has no OPT:
   * that one is between two neighbours [RFC 6891 §6.1.1], the client's is put in by whoever fits the reply to the client.
   */
  readonly reply: Buffer;
  readonly from: 'forwarded' | 'cached' | 'stale' | 'local';
}

export interface Forwarder {
  /**
   * The answer to a query that is not about our own names; `questionEnd` is the offset behind its question. The first good
   * reply, else a bad one (SERVFAIL, REFUSED), else null. At once where nobody has to be asked. Never throws or rejects.
   */
  forward(message: Buffer, questionEnd: number, asker: ForwardAsker): Forwarded | null | Promise<Forwarded | null>;
  /** Idempotent: what is under way ends with null. */
  close(): void;
}

export interface ForwarderDependencies {
  readonly upstreamsOf: (asker: ForwardAsker) => readonly Upstream[];
  readonly clock: Clock;
  readonly log: Log;
}

export interface ForwarderOptions {
  readonly source: string | null;
  /** Until the client would give up anyway. */
  readonly timeoutMs?: number;
}

/** All upstreams are asked within this time, so that a dead one costs less than a second. */
const SPREAD_MS = 750;
const STEP_MS = 250;
const REPEAT_MS = 1_000;
const MAX_UNDER_WAY = 500;

export function createForwarder(
  { upstreamsOf, clock, log }: ForwarderDependencies,
  { source, timeoutMs = 3_500 }: ForwarderOptions,
): Forwarder {
  const health = createUpstreamHealth({ clock });
  const closing = new AbortController();
  let underWay = 0;
  let failing = false;

  const report = (reply: Buffer | null): void => {
    if (closing.signal.aborted || (reply === null) === failing) return;
    failing = reply === null;
    if (failing) log.warn('no upstream resolver answers; names outside are not resolved until one does');
    else log.info('upstream resolvers answer again');
  };

  const race = async (message: Buffer, questionEnd: number, upstreams: readonly Upstream[]): Promise<Buffer | null> => {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, closing.signal]);
    const { promise, resolve } = Promise.withResolvers<Buffer | null>();
    const stepMs = Math.min(STEP_MS, SPREAD_MS / upstreams.length);
    const waiting = [...health.order(upstreams)];
    const asked = new Set<Upstream>();
    let bad: Buffer | null = null;

    const settle = (upstream: Upstream, reply: Buffer | null): void => {
      if (signal.aborted) return;
      const earlier = [...asked].slice(0, [...asked].indexOf(upstream));
      asked.delete(upstream);
      if (reply && isGood(reply)) {
        health.worked(upstream);
        for (const silent of earlier) health.failed(silent);
        resolve(reply);
        return;
      }
      health.failed(upstream);
      bad ??= reply;
      if (waiting.length > 0) ask();
      else if (asked.size === 0) resolve(bad);
    };
    const ask = (): void => {
      const upstream = waiting.shift();
      if (!upstream) return;
      asked.add(upstream);
      void askOne(message, questionEnd, upstream, signal).then((reply) => settle(upstream, reply));
    };
    const pace = async (): Promise<void> => {
      while (waiting.length > 0) {
        ask();
        await clock.sleep(stepMs, signal);
      }
      await clock.sleep(timeoutMs, signal);
      for (const silent of asked) health.failed(silent);
      resolve(bad);
    };
    pace().catch(() => resolve(bad));
    return promise.finally(() => over.abort(new Error('another upstream was faster')));
  };

  const askOne = async (
    message: Buffer,
    questionEnd: number,
    upstream: Upstream,
    signal: AbortSignal,
  ): Promise<Buffer | null> => {
    const own = withId(message, randomInt(0x10000));
    const accept = (reply: Buffer) => isReplyTo(reply, own, questionEnd);
    const exchange: Exchange = { message: own, upstream, accept, source, signal, repeatMs: REPEAT_MS };
    try {
      const reply = await exchangeUdp(exchange);
      return isTruncated(reply) ? await exchangeTcp(exchange) : reply;
    } catch {
      return null;
    }
  };

  return {
    forward: async (message, questionEnd, asker) => {
      const upstreams = upstreamsOf(asker);
      if (upstreams.length === 0 || closing.signal.aborted || underWay >= MAX_UNDER_WAY) return null;
      underWay += 1;
      try {
        const reply = await race(message, questionEnd, upstreams);
        report(reply);
        return reply && { reply: withId(reply, message.readUInt16BE(0)), from: 'forwarded' };
      } finally {
        underWay -= 1;
      }
    },
    close: () => closing.abort(new Error('the DNS server is closing')),
  };
}

/** An answer about the name; SERVFAIL, REFUSED and the like are about the server, another one may know better. */
function isGood(reply: Buffer): boolean {
  const rcode = rcodeOf(reply);
  return rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN;
}
