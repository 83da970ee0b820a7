/** What one TCP client may cost, and all of them. */
export interface TcpLimits {
  readonly maxConnections: number;
  readonly maxPerSource: number;
  /** How long a connection may be open without a question; told to those who ask [RFC 7828]. */
  readonly idleMs: number;
  /** How long a message may take from its first byte to its last. */
  readonly messageMs: number;
  /** How long a client may leave replies lying there. */
  readonly takeMs: number;
  /** Queries of one connection under way before more are read [RFC 7766 §6.2.1.1]. */
  readonly maxUnderWay: number;
  /** Bytes of replies that lie there before more queries are read, and before the connection ends. */
  readonly pauseBytes: number;
  readonly maxBytes: number;
}

export const TCP_LIMITS: TcpLimits = {
  maxConnections: 1_000,
  maxPerSource: 100,
  idleMs: 10_000,
  messageMs: 5_000,
  takeMs: 10_000,
  maxUnderWay: 100,
  pauseBytes: 64 * 1024,
  maxBytes: 256 * 1024,
};
