/** What carries ESP packets: the kernel, or charon itself where the kernel has no ESP. */
export type IpsecMeans = 'kernel' | 'kernel-libipsec';

export interface IpsecSettings {
  /** The one UDP port, for IKE and for ESP in UDP. Default 4500. */
  readonly port: number;
  /** The program. Default Debian's, `/usr/lib/ipsec/charon`. */
  readonly charon: string;
  /** A directory for charon alone: it sees it as `/run`, and has its pid file and its socket there. */
  readonly runDir: string;
  /** File of this host's private key. */
  readonly keyFile: string;
  /** File of a secret that all hosts share, with which they prove themselves in place of their keys. Default null: none. */
  readonly secretFile: string | null;
  /** How long keys of IKE and of ESP are used; charon renews them up to 10 % earlier, at a random moment. Default 4 h and 1 h. */
  readonly ikeRekeySeconds: number;
  readonly childRekeySeconds: number;
  /** If charon sends nothing for this long although it owes a reply, it is replaced. Default 20 s. */
  readonly replyTimeoutMs: number;
  /** A peer that has sent nothing for this long is asked whether it lives. Default 5 s. */
  readonly dpdSeconds: number;
}

export type IpsecOptions = Partial<IpsecSettings> & Pick<IpsecSettings, 'runDir' | 'keyFile'>;

export const defaultIpsecSettings: Omit<IpsecSettings, 'runDir' | 'keyFile'> = {
  port: 4500,
  secretFile: null,
  charon: '/usr/lib/ipsec/charon',
  ikeRekeySeconds: 4 * 3600,
  childRekeySeconds: 3600,
  dpdSeconds: 5,
  replyTimeoutMs: 20_000,
};

/** charon's own routes, which are never used: the table is looked up after `main` and `default`. */
export const ROUTING_TABLE = 10_042;
export const ROUTING_PREFERENCE = 33_000;

/** Ties policies of the kernel to our device. */
export const IF_ID = 1042;

/** The device that Drover makes if the kernel carries ESP, and the one that charon makes if it does. charon does not find it under another name. */
export const DEVICES: Readonly<Record<IpsecMeans, string>> = { kernel: 'drover-ipsec', 'kernel-libipsec': 'ipsec0' };
