import { describe, expect, test } from 'vitest';
import { createCookies } from '../../../dns/wire/cookies/cookies.ts';
import { sipHash24 } from '../../../dns/wire/cookies/siphash.ts';
import { replyOptions } from '../../../dns/wire/write/reply-options.ts';
import { bytes, optionOf } from './messages.ts';

describe('sipHash24()', () => {
  const key = Uint8Array.from({ length: 16 }, (_, at) => at);
  const hash = (size: number) =>
    sipHash24(
      key,
      Uint8Array.from({ length: size }, (_, at) => at),
    ).toString('hex');

  test('gives the reference values of its authors', () => {
    expect([0, 1, 7, 8, 9, 15, 16, 20, 32, 63].map(hash)).toEqual([
      '310e0edd47db6f72',
      'fd67dc93c539f874',
      '37d1018bf50002ab',
      '6224939a79f5f593',
      'b0e4a90bdf82009e',
      'e545be4961ca29a1',
      'db9bc2577fcc2a3f',
      '98eea21af25cd6be',
      'ce7cf2722f512771',
      '724506eb4c328a95',
    ]);
  });
});

/** A clock that stands still at a given time. */
function clockAt(seconds: number) {
  const clock = { seconds, now: () => clock.seconds * 1_000, monotonic: () => clock.seconds * 1_000 };
  return clock;
}

const SECRET = bytes('e5e973e5a6b2a43f48e7dc849e37bfcf');
const IPV4 = '198.51.100.100';
const ISSUED = 1_559_731_985;
const ISSUED_COOKIE = bytes('2464c4abcf10c957 010000005cf79f111f8130c3eee29480');

describe('server cookies', () => {
  test.each([
    ['a new one', IPV4, '2464c4abcf10c957', ISSUED, '2464c4abcf10c957010000005cf79f111f8130c3eee29480'],
    [
      'for one of 40 minutes',
      IPV4,
      '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
      1_559_734_385,
      '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
    ],
    [
      'for one that ran out, with bytes of its own',
      '203.0.113.203',
      'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5',
      1_559_734_700,
      'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e',
    ],
  ])('%s: the cookie of RFC 9018 appendix A', (_, address, sent, seconds, given) => {
    const cookies = createCookies({ clock: clockAt(seconds) }, { newSecret: () => SECRET });
    expect(cookies.reply(bytes(sent), address).toString('hex')).toBe(given);
  });

  test('after a change of the secret, old cookies stay valid until they expire, and new ones are given (appendix A.4)', () => {
    const secrets = [bytes('dd3bdf9344b678b185a6f5cb60fca715'), bytes('445536bcd2513298075a5d379663c962')];
    const clock = clockAt(1_559_741_961 - 60);
    const cookies = createCookies({ clock }, { newSecret: () => secrets.shift() ?? SECRET, rotateMs: 60_000 });
    clock.seconds += 60;
    const sent = bytes('22681ab97d52c298010000005cf7c57926556bd0934c72f8');
    const address = '2001:db8:220:1:59de:d0f4:8769:82b8';
    expect(cookies.reply(sent, address).toString('hex')).toBe('22681ab97d52c298010000005cf7c609a6bb79d16625507a');
    expect(cookies.isGood(sent, address)).toBe(true);
    clock.seconds += 60;
    cookies.reply(sent, address);
    expect(cookies.isGood(sent, address)).toBe(false);
  });

  test.each<[string, Buffer, string, number, boolean]>([
    ['as issued', ISSUED_COOKIE, IPV4, 0, true],
    ['after an hour', ISSUED_COOKIE, IPV4, 3_600, true],
    ['after an hour and a second', ISSUED_COOKIE, IPV4, 3_601, false],
    ['of five minutes ahead', ISSUED_COOKIE, IPV4, -300, true],
    ['of more', ISSUED_COOKIE, IPV4, -301, false],
    ['from another address', ISSUED_COOKIE, '198.51.100.101', 0, false],
    ['without a server cookie', ISSUED_COOKIE.subarray(0, 8), IPV4, 0, false],
    ['of another length', Buffer.concat([ISSUED_COOKIE, Buffer.of(0)]), IPV4, 0, false],
    ...[0, 8, 9, 15, 16, 23].map((at): [string, Buffer, string, number, boolean] => {
      const changed = Buffer.from(ISSUED_COOKIE);
      changed[at] = (changed[at] ?? 0) ^ 1;
      return [`with byte ${at} changed`, changed, IPV4, 0, false];
    }),
  ])('a cookie %s', (_, cookie, address, later, good) => {
    const cookies = createCookies({ clock: clockAt(ISSUED + later) }, { newSecret: () => SECRET });
    expect(cookies.isGood(cookie, address)).toBe(good);
  });

  test('a cookie younger than half an hour is returned unchanged; two servers have different secrets', () => {
    const clock = clockAt(ISSUED);
    const [one, two] = [createCookies({ clock }), createCookies({ clock })];
    const given = one.reply(ISSUED_COOKIE.subarray(0, 8), IPV4);
    clock.seconds += 1_799;
    expect(one.reply(given, IPV4)).toEqual(given);
    expect(two.isGood(given, IPV4)).toBe(false);
    clock.seconds += 1;
    expect(one.reply(given, IPV4)).not.toEqual(given);
  });

  test('the time may wrap around [RFC 1982]', () => {
    const clock = clockAt(0xffff_ff00);
    const cookies = createCookies({ clock }, { newSecret: () => SECRET });
    const given = cookies.reply(ISSUED_COOKIE.subarray(0, 8), IPV4);
    clock.seconds += 512;
    expect(cookies.isGood(given, IPV4)).toBe(true);
  });
});

describe('replyOptions()', () => {
  const cookies = createCookies({ clock: clockAt(ISSUED) }, { newSecret: () => SECRET });
  const edns = { payloadSize: 1232, dnssecOk: false, cookie: null, keepAlive: false };

  test('options that were not requested are not sent', () => {
    expect(replyOptions(null, { address: IPV4 }, cookies)).toHaveLength(0);
    expect(replyOptions(edns, { address: IPV4, idleMs: 10_000 }, cookies)).toHaveLength(0);
  });

  test('keepalive over TCP in tenths of a second, never over UDP [RFC 7828]', () => {
    const asks = { ...edns, keepAlive: true };
    expect(replyOptions(asks, { address: IPV4, idleMs: 10_000 }, cookies)).toEqual(optionOf(11, Buffer.of(0, 100)));
    expect(replyOptions(asks, { address: IPV4, idleMs: 0 }, cookies)).toEqual(optionOf(11, Buffer.of(0, 0)));
    expect(replyOptions(asks, { address: IPV4 }, cookies)).toHaveLength(0);
  });

  test('a cookie for clients that sent one', () => {
    const asks = { ...edns, cookie: ISSUED_COOKIE.subarray(0, 8), keepAlive: true };
    expect(replyOptions(asks, { address: IPV4 }, cookies)).toEqual(optionOf(10, ISSUED_COOKIE));
  });
});
