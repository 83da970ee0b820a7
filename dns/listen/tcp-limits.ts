/** The limits of one TCP client, and of all of them together. */
export interface TcpLimits {
  readonly maxConnections: number;
  readonly maxPerSource: number;
  /** How long a connection may be open without a query; sent to clients that ask for it [RFC 7828]. */
  readonly idleMs: number;
  /** How long a message may take from its first byte to its last one. */
  readonly messageMs: number;
  /** How long a client may leave replies unread. */
  readonly takeMs: number;
  /** Queries of one connection in flight before more are read [RFC 7766 §6.2.1.1]. */
  readonly maxInFlight: number;
  /** Bytes of unread replies at which no more queries are read, and at which the connection is closed. */
  readonly pauseBytes: number;
  readonly maxBytes: number;
}

export const TCP_LIMITS: TcpLimits = {
  maxConnections: 1_000,
  maxPerSource: 100,
  idleMs: 10_000,
  messageMs: 5_000,
  takeMs: 10_000,
  maxInFlight: 100,
  pauseBytes: 64 * 1024,
  maxBytes: 256 * 1024,
};
