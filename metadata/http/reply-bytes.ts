import { http } from '../../system/index.ts';
import type { Reply } from './reply.ts';

const DATE_AT = 'Date: ';
const DATE_SIZE = 'Sun, 06 Nov 1994 08:49:37 GMT'.length;

/** A reply as it goes over the wire, to be sent again and again. */
export interface ReplyBytes {
  readonly bytes: Buffer;
  /** Where the date stands [RFC 9110 §6.6.1]. */
  readonly dateAt: number;
}

export function replyBytes({ status, headers, body }: Reply, keepAliveSeconds: number): ReplyBytes {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const before = `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${lines.join('')}${DATE_AT}`;
  const stays = `\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}`;
  const after = `${endsConnection(headers) ? '' : stays}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const bytes = Buffer.from(before + ' '.repeat(DATE_SIZE) + after + body);
  return { bytes, dateAt: before.length };
}

/** Whether nothing follows this reply on its connection. */
export function endsConnection(headers: Reply['headers']): boolean {
  return headers.Connection === 'close';
}

/** The same memory, with another date in it: the one before must have been sent. */
export function withDate({ bytes, dateAt }: ReplyBytes, date: string): Buffer {
  bytes.write(date, dateAt, 'latin1');
  return bytes;
}
