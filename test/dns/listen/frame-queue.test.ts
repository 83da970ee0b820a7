import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFrameQueue, type FrameQueue } from '../../../dns/listen/frame-queue.ts';
import { frame } from '../../../dns/wire/framing.ts';

function all(queue: FrameQueue): Buffer[] {
  const taken: Buffer[] = [];
  for (let message = queue.next(); message; message = queue.next()) taken.push(message);
  return taken;
}

test('messages are complete and in order for any division into chunks and any number of reads', () => {
  const message = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 300, maxLength: 400 }));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(60)), fc.nat(200), (given, cuts, maxBytes) => {
      const queue = createFrameQueue(maxBytes);
      const bytes = Buffer.concat(given.map((one) => frame(Buffer.from(one))));
      const taken: Buffer[] = [];
      let at = 0;
      for (const size of [...cuts, bytes.length]) {
        queue.push(bytes.subarray(at, at + size));
        at = Math.min(bytes.length, at + size);
        if (size % 2 === 0) taken.push(...all(queue));
      }
      taken.push(...all(queue));
      expect(taken).toEqual(given.map((one) => Buffer.from(one).subarray(0, maxBytes)));
      expect(queue.partial()).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

test('half a length and half a message are a partial message', () => {
  const queue = createFrameQueue(100);
  for (const byte of [0, 3, 1, 2]) {
    queue.push(Buffer.of(byte));
    expect([queue.next(), queue.partial()]).toEqual([null, true]);
  }
  queue.push(Buffer.of(3));
  expect([queue.next(), queue.partial()]).toEqual([Buffer.of(1, 2, 3), false]);
});

test('a kept message does not keep the memory of its chunk', () => {
  const queue = createFrameQueue(100);
  const piece = Buffer.concat([frame(Buffer.alloc(20)), Buffer.alloc(60_000)]);
  queue.push(piece);
  expect(queue.next()?.buffer).not.toBe(piece.buffer);
});
