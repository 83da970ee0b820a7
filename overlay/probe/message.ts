/**
 * What hosts send each other through the tunnel. A `beat` is sent once in an interval and answers the last one of the receiver, so every
 * beat is a probe and a reply. A `sized` message is padded, to find the largest packet that passes.
 */
export interface ProbeMessage {
  readonly kind: 'beat' | 'sized';
  /** `hash32` of the host id of the sender, and of the receiver. */
  readonly from: number;
  readonly to: number;
  /** A random number of the sender's start. */
  readonly session: number;
  /** Counts the beats to this receiver, or the rounds of sized messages. */
  readonly sequence: number;
  /** How often the sender sends a beat to this receiver. */
  readonly intervalMs: number;
  /** Share of the receiver's beats that did not arrive lately, 0 to 1; null: not known yet. */
  readonly loss: number | null;
  /** The last beat that the sender received from the receiver; null: none in this session. */
  readonly echo: Echo | null;
  /** The last round of sized messages that the sender received, and its largest packet; null: none. */
  readonly sized: SizedEcho | null;
}

export interface Echo {
  readonly session: number;
  readonly sequence: number;
  /** Time between the arrival of that beat and this message, ms. */
  readonly heldMs: number;
}

export interface SizedEcho {
  readonly round: number;
  readonly largestBytes: number;
}

const MAGIC = 0xd7be;
const VERSION = 1;
const KINDS = ['beat', 'sized'] as const;
const MESSAGE_BYTES = 44;
/** IPv4 and UDP headers. */
const HEADER_BYTES = 28;
const UNKNOWN_LOSS = 0xff;
const LARGEST_NUMBER = 0xffff_ffff;

/**
 * magic 2 · version 1 · kind 1 · from 4 · to 4 · session 4 · sequence 4 · interval 4 · echo: session 4, sequence 4, held µs 4 · round 4 ·
 * largest 2 · loss 1 · zero 1. A session is never 0, so a 0 there means no echo. `packetBytes` pads the packet to that size.
 */
export function encodeMessage(message: ProbeMessage, packetBytes = 0): Buffer {
  const { echo, sized } = message;
  const bytes = Buffer.alloc(Math.max(MESSAGE_BYTES, packetBytes - HEADER_BYTES));
  bytes.writeUInt16BE(MAGIC, 0);
  bytes[2] = VERSION;
  bytes[3] = KINDS.indexOf(message.kind);
  const numbers = [message.from, message.to, message.session, message.sequence, message.intervalMs];
  const echoed = [echo?.session ?? 0, echo?.sequence ?? 0, (echo?.heldMs ?? 0) * 1_000, sized?.round ?? 0];
  [...numbers, ...echoed].forEach((number, index) => {
    bytes.writeUInt32BE(bounded(number, LARGEST_NUMBER), 4 + 4 * index);
  });
  bytes.writeUInt16BE(bounded(sized?.largestBytes ?? 0, 0xffff), 40);
  bytes[42] = message.loss === null ? UNKNOWN_LOSS : bounded(message.loss * 100, 100);
  return bytes;
}

/** Null if the bytes are not a message of this version. */
export function parseMessage(bytes: Buffer): ProbeMessage | null {
  const kind = KINDS[bytes[3] ?? 255];
  if (bytes.length < MESSAGE_BYTES || bytes.readUInt16BE(0) !== MAGIC || bytes[2] !== VERSION || !kind) return null;
  const number = (index: number): number => bytes.readUInt32BE(4 + 4 * index);
  const loss = bytes[42] ?? UNKNOWN_LOSS;
  const echo = { session: number(5), sequence: number(6), heldMs: number(7) / 1_000 };
  const sized = { round: number(8), largestBytes: bytes.readUInt16BE(40) };
  return {
    kind,
    from: number(0),
    to: number(1),
    session: number(2),
    sequence: number(3),
    intervalMs: number(4),
    loss: loss > 100 ? null : loss / 100,
    echo: echo.session === 0 ? null : echo,
    sized: sized.largestBytes === 0 ? null : sized,
  };
}

/** The size of the packet that carried the message. */
export function packetBytesOf(bytes: Buffer): number {
  return bytes.length + HEADER_BYTES;
}

function bounded(value: number, largest: number): number {
  return Math.min(largest, Math.max(0, Math.round(value)));
}
