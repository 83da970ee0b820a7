import { type Clock, http } from '../../system/index.ts';
import type { Reply } from './reply.ts';

const DATE_SIZE = 'Sun, 06 Nov 1994 08:49:37 GMT'.length;

/** A reply as it is sent over the wire. It can be sent many times. */
export interface ReplyBytes {
  readonly bytes: Buffer;
  /** Position of the date [RFC 9110 §6.6.1]. */
  readonly dateAt: number;
}

/** Encodes a reply after which the connection stays open, unless the reply itself closes it. */
export function encodeReply(reply: Reply, keepAliveSeconds: number): ReplyBytes {
  const before = `${headOf(reply)}Date: `;
  const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}\r\n`;
  const after = `\r\n${closesConnection(reply) ? '' : keepAlive}${endOf(reply)}`;
  return { bytes: Buffer.from(`${before}${' '.repeat(DATE_SIZE)}${after}${reply.body}`), dateAt: before.length };
}

/** A reply after which the connection ends. */
export function formatLastReply(reply: Reply, { isHead }: { readonly isHead: boolean }): string {
  const last = { ...reply, headers: { ...reply.headers, Connection: 'close' } };
  return `${headOf(last)}${endOf(last)}${isHead ? '' : reply.body}`;
}

function headOf({ status, headers }: Reply): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${lines.join('')}`;
}

function endOf({ body }: Reply): string {
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
}

/** Whether this reply is the last one on its connection. */
export function closesConnection({ headers }: Pick<Reply, 'headers'>): boolean {
  return headers.Connection === 'close';
}

/** Writes the date into a reply, in place. */
export function withDate({ bytes, dateAt }: ReplyBytes, date: string): Buffer {
  bytes.write(date, dateAt, 'latin1');
  return bytes;
}

/** The present date as replies show it, formatted once a second. */
export function createReplyDate({ now }: Pick<Clock, 'now'>): () => string {
  let second = 0;
  let text = '';
  return () => {
    const current = Math.floor(now() / 1_000);
    if (current !== second) {
      second = current;
      text = new Date(current * 1_000).toUTCString();
    }
    return text;
  };
}
