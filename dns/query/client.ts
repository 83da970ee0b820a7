/** Where a message came from. */
export interface Client {
  /** Plain text form (`10.1.2.3`, not `::ffff:10.1.2.3`). */
  readonly address: string;
  readonly transport: 'udp' | 'tcp';
  /** How long its connection may be idle, over TCP. */
  readonly idleMs?: number;
}

/**
 * Turns a message into a reply; null: no reply is due. Never rejects. `receivedAtMs` (monotonic) is when the message
 * arrived, if it had to wait.
 */
export type Answer = (message: Buffer, client: Client, receivedAtMs?: number) => Promise<Buffer | null> | Buffer | null;
