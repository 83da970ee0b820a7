import { expect, test } from 'vitest';
import { firstLine } from '../../../healthcheck/exec/command-output.ts';

/** A frame as Docker sends it. */
function frame(text: string | Buffer, stream = 1): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

test.each<[string, Buffer, string]>([
  ['nothing', Buffer.alloc(0), ''],
  ['an empty frame', frame(''), ''],
  ['one line', frame('connection refused\n'), 'connection refused'],
  ['both streams', Buffer.concat([frame('a '), frame('b\nc', 2)]), 'a b'],
  ['the first line with text', frame('\r\n \n\t\nx'), 'x'],
  ['colours and control characters', frame('\u001b[1;31mred\u001b[0m\u0007\u0000\u202e text'), 'red text'],
  ['a character in two frames', Buffer.concat([frame(Buffer.from([0xc3])), frame(Buffer.from([0xa9]))]), 'é'],
  ['bytes that are no text', frame(Buffer.from([0xff, 0x41])), '\ufffdA'],
  ['a long line', frame('x'.repeat(500)), 'x'.repeat(120)],
  ['a long line that would end within a character', frame(`${'x'.repeat(119)}😀`), `${'x'.repeat(119)}\ufffd`],
  ['a frame that is cut short', frame('begin and end').subarray(0, 13), 'begin'],
  ['a header that is cut short', Buffer.concat([frame('a'), frame('b').subarray(0, 5)]), 'a'],
  ['a size beyond the end', Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x61]), 'a'],
])('firstLine() of %s', (_, output, expected) => expect(firstLine(output)).toBe(expected));
