import { randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '../../../system/index.ts';
import { writeIpv4, writeIpv6 } from '../address-bytes.ts';
import { sipHash24 } from './siphash.ts';

/** Server cookies in the interoperable format [RFC 9018 §4]: version, three zeros, time, hash. */
export interface Cookies {
  /** The cookie for a client that sent `cookie`: its own half and a server cookie. A fresh server cookie is kept. */
  reply(cookie: Buffer, address: string): Buffer;
  /** Whether the cookie contains a valid server cookie of ours. */
  isGood(cookie: Buffer, address: string): boolean;
}

export interface CookiesOptions {
  /** Generates a secret of 16 bytes; called again every `rotateMs`. */
  readonly newSecret?: () => Uint8Array;
  readonly rotateMs?: number;
}

const CLIENT_SIZE = 8;
const SIZE = 24;
const VERSION = 1;
/** Seconds: age at which a cookie is renewed, maximum age, maximum time in the future [RFC 9018 §4.3]. */
const RENEW_AFTER = 1_800;
const MAX_AGE = 3_600;
const MAX_AHEAD = 300;
const DAY_MS = 86_400_000;

export function createCookies(
  { clock }: { readonly clock: Pick<Clock, 'now' | 'monotonic'> },
  { newSecret = () => randomBytes(16), rotateMs = DAY_MS }: CookiesOptions = {},
): Cookies {
  let secret = newSecret();
  let previous: Uint8Array | null = null;
  let rotatedMs = clock.monotonic();

  const rotate = (): void => {
    if (clock.monotonic() - rotatedMs < rotateMs) return;
    previous = secret;
    secret = newSecret();
    rotatedMs = clock.monotonic();
  };

  /** The secret of a valid cookie; null: not valid. */
  const maker = (cookie: Buffer, address: string): Uint8Array | null => {
    if (cookie.length !== SIZE || cookie.readUInt8(CLIENT_SIZE) !== VERSION) return null;
    const age = ageOf(cookie, clock);
    if (age > MAX_AGE || age < -MAX_AHEAD) return null;
    const made = (by: Uint8Array | null) =>
      by !== null && timingSafeEqual(hashOf(cookie, address, by), cookie.subarray(16));
    if (made(secret)) return secret;
    return made(previous) ? previous : null;
  };

  return {
    reply: (cookie, address) => {
      rotate();
      const mayStay = maker(cookie, address) === secret && ageOf(cookie, clock) < RENEW_AFTER;
      if (mayStay) return cookie;
      const fresh = Buffer.alloc(SIZE);
      cookie.copy(fresh, 0, 0, CLIENT_SIZE);
      fresh.writeUInt8(VERSION, CLIENT_SIZE);
      fresh.writeUInt32BE(secondsOf(clock), 12);
      hashOf(fresh, address, secret).copy(fresh, 16);
      return fresh;
    },
    isGood: (cookie, address) => {
      rotate();
      return maker(cookie, address) !== null;
    },
  };
}

/** Hash of the client's half, version, zeros, time and address [RFC 9018 §4.4]. */
function hashOf(cookie: Buffer, address: string, secret: Uint8Array): Buffer {
  const isV6 = isIP(address) === 6;
  const input = Buffer.alloc(isV6 ? 32 : 20);
  cookie.copy(input, 0, 0, 16);
  if (isV6) writeIpv6(address, input, 16);
  else writeIpv4(address, input, 16);
  return sipHash24(secret, input);
}

function secondsOf({ now }: Pick<Clock, 'now'>): number {
  return Math.floor(now() / 1_000) >>> 0;
}

/** Age in seconds, negative for a time in the future; the time wraps around [RFC 1982]. */
function ageOf(cookie: Buffer, clock: Pick<Clock, 'now'>): number {
  return (secondsOf(clock) - cookie.readUInt32BE(12)) | 0;
}
