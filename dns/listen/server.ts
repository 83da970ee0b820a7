export interface Listen {
  readonly address: string;
  readonly port: number;
}

/** A bound socket that answers. */
export interface Server {
  readonly port: number;
  /**
   * Stops receiving, so that another process on the same port gets the queries. Resolves when everything received before is
   * answered, or when `signal` aborts. Idempotent.
   */
  leave(signal: AbortSignal): Promise<void>;
  /** Idempotent; resolves when the last socket is gone. */
  close(): Promise<void>;
}

/** `batch`: recvmmsg and sendmmsg through the addon; `dgram`: Node's own sockets, one system call for each datagram. */
export type UdpMode = 'batch' | 'dgram';

export interface UdpServer extends Server {
  readonly mode: UdpMode;
  losses(): Losses;
}

/** Since the socket was opened. */
export interface Losses {
  /** Datagrams that the kernel dropped because the queue was full. */
  readonly overflown: number;
  /** Replies that the kernel did not accept. */
  readonly unsent: number;
}
