export interface Listen {
  readonly address: string;
  readonly port: number;
}

/** One bound socket that answers. */
export interface Server {
  readonly port: number;
  /**
   * Makes room for another process that listens on the same port: from now on that one gets what comes. Resolves when all
   * that came before is answered, or when `signal` aborts. Idempotent.
   */
  leave(signal: AbortSignal): Promise<void>;
  /** Idempotent; resolves when the last socket is gone. */
  close(): Promise<void>;
}

/** `batch`: recvmmsg and sendmmsg through our addon; `dgram`: what Node has, one system call a datagram. */
export type UdpMode = 'batch' | 'dgram';

export interface UdpServer extends Server {
  readonly mode: UdpMode;
  losses(): Losses;
}

/** Since the socket was opened. */
export interface Losses {
  /** Datagrams for which the kernel had no room in the queue. */
  readonly overflown: number;
  /** Replies that the kernel did not take. */
  readonly unsent: number;
}
