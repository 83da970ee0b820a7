import { addressText } from '../query/address-number.ts';
import { GENERAL_PATH } from '../query/fast-answer.ts';
import { untilQuiet } from './quiet.ts';
import type { Listen, UdpServer } from './server.ts';
import type { UdpContext } from './udp-context.ts';

/** A socket that the addon opened. */
type Handle = { readonly handle: unique symbol };

/** `dns/native/udp-batch.c`. */
export interface UdpBatchAddon {
  /** Datagrams in a batch, and the bytes reserved for each query and each reply. */
  readonly slots: number;
  readonly rxSlot: number;
  readonly txSlot: number;
  /** `sendBuffer` 0: the system's default. `onBatch` writes replies and their lengths before it returns. */
  open(
    address: string,
    port: number,
    reusePort: boolean,
    sendBuffer: number,
    rx: Uint8Array,
    tx: Uint8Array,
    rxLengths: Int32Array,
    txLengths: Int32Array,
    sources: Uint32Array,
    ports: Uint32Array,
    onBatch: (count: number) => void,
  ): Handle;
  port(handle: Handle): number;
  /** The address that the query in this slot was sent to, during `onBatch`; 0 if the socket is bound to one address. */
  asked(handle: Handle, slot: number): number;
  /** `from`: the source address, one of this host's; 0: the kernel chooses. */
  send(handle: Handle, bytes: Buffer, address: number, port: number, from: number): boolean;
  leave(handle: Handle): void;
  dropped(handle: Handle): number;
  unsent(handle: Handle): number;
  close(handle: Handle): void;
}

/** UDP over IPv4: one system call, and one call into TypeScript, for up to 64 datagrams. */
export function serveBatch(
  addon: UdpBatchAddon,
  { fast, onFast, general, clock }: UdpContext,
  { address, port }: Listen,
  { sendBuffer = 0 }: { readonly sendBuffer?: number } = {},
): UdpServer {
  const { slots, rxSlot, txSlot } = addon;
  const rx = Buffer.alloc(slots * rxSlot);
  const tx = new Uint8Array(slots * txSlot);
  const rxLengths = new Int32Array(slots);
  const txLengths = new Int32Array(slots);
  const sources = new Uint32Array(slots);
  const ports = new Uint32Array(slots);
  let seen = 0;
  let closed = false;
  const leaveToGeneralPath = (slot: number): void => {
    const source = sources[slot] as number;
    const from = addressText(source);
    if (!general.admits(from)) return;
    const at = slot * rxSlot;
    const message = Buffer.from(rx.subarray(at, at + (rxLengths[slot] as number)));
    const port = ports[slot] as number;
    const asked = addon.asked(handle, slot);
    general.take({
      message,
      client: { address: from, transport: 'udp' },
      reply: (reply) => send(reply, source, port, asked),
    });
  };
  const send = (reply: Buffer, source: number, port: number, asked: number): void => {
    if (!closed) addon.send(handle, reply, source, port, asked);
  };
  const onBatch = (count: number): void => {
    seen += count;
    const startMs = performance.now();
    let replies = 0;
    for (let slot = 0; slot < count; slot += 1) {
      const at = slot * rxSlot;
      const length = rxLengths[slot] as number;
      const source = sources[slot] as number;
      const replied = fast(rx, at, length, source, tx, slot * txSlot);
      if (replied === GENERAL_PATH) leaveToGeneralPath(slot);
      else {
        txLengths[slot] = replied;
        if (replied > 0) replies += 1;
      }
    }
    if (replies > 0) onFast?.((performance.now() - startMs) * 1_000, replies);
  };
  const handle = addon.open(address, port, true, sendBuffer, rx, tx, rxLengths, txLengths, sources, ports, onBatch);
  let losses = { overflown: 0, unsent: 0 };
  const readLosses = () => {
    if (!closed) losses = { overflown: addon.dropped(handle), unsent: addon.unsent(handle) };
    return losses;
  };
  return {
    mode: 'batch',
    port: addon.port(handle),
    losses: readLosses,
    leave: async (signal) => {
      if (closed) return;
      addon.leave(handle);
      await untilQuiet(clock, { seen: () => seen, idle: general.idle }, signal);
    },
    close: async () => {
      readLosses();
      closed = true;
      addon.close(handle);
    },
  };
}
