import { expect, test } from 'vitest';
import { encodeMessage, type ProbeMessage, packetBytesOf, parseMessage } from '../../../overlay/probe/message.ts';
import { createRandom } from '../../support/random.ts';

const beat: ProbeMessage = {
  kind: 'beat',
  from: 0xfedc_ba98,
  to: 7,
  session: 0xffff_ffff,
  sequence: 12,
  intervalMs: 10_000,
  loss: 0.25,
  echo: { session: 9, sequence: 0xffff_ffff, heldMs: 1_234.567 },
  sized: { round: 3, largestBytes: 8_950 },
};

test('parseMessage() gives what encodeMessage() got', () => {
  const messages: readonly ProbeMessage[] = [
    beat,
    { ...beat, kind: 'sized', loss: 0, echo: null, sized: null },
    { ...beat, loss: null },
    { ...beat, loss: 1 },
  ];
  for (const message of messages) expect(parseMessage(encodeMessage(message))).toEqual(message);
});

test('encodeMessage() pads a message to the size of the packet, and bounds numbers that do not fit', () => {
  for (const size of [1_200, 1_500, 9_000]) {
    const bytes = encodeMessage(beat, size);
    expect(packetBytesOf(bytes)).toBe(size);
    expect(parseMessage(bytes)).toEqual(beat);
  }
  const endless = encodeMessage({ ...beat, echo: { session: 1, sequence: 1, heldMs: 1e12 }, loss: -1 });
  expect(parseMessage(endless)).toMatchObject({ echo: { heldMs: 0xffff_ffff / 1_000 }, loss: 0 });
});

test('parseMessage() takes any bytes', () => {
  const random = createRandom(14);
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random.below(256)));
  for (let run = 0; run < 5_000; run += 1) {
    expect(parseMessage(bytes(random.below(60)))).toBeNull();
    // Right magic and version: the numbers may be anything.
    const forged = Buffer.concat([encodeMessage(beat).subarray(0, 3), bytes(random.below(60))]);
    expect(() => parseMessage(forged)).not.toThrow();
    expect(parseMessage(encodeMessage(beat).subarray(0, random.below(44)))).toBeNull();
  }
});

test('parseMessage() refuses other versions and kinds', () => {
  const bytes = encodeMessage(beat);
  for (const [at, value] of [
    [0, 0],
    [2, 2],
    [3, 2],
  ] as const) {
    const other = Buffer.from(bytes);
    other[at] = value;
    expect(parseMessage(other)).toBeNull();
  }
});
