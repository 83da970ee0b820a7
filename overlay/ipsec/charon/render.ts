import { type IpsecMeans, type IpsecSettings, ROUTING_PREFERENCE, ROUTING_TABLE } from './settings.ts';

/** Files in charon's directory, which it sees as `/run`. Debian's AppArmor profile lets it read `/run/charon.*` and no other file there. */
export const SOCKET_FILE = 'charon.vici';
export const PID_FILE = 'charon.pid';
export const CONFIG_FILE = 'charon.conf';
export const START_FILE = 'start';

const PLUGINS = 'random nonce openssl pem pkcs1 pkcs8 pubkey kdf gcm aes aesni sha2 hmac';

/** The plugins that charon needs, in the order in which it loads them. */
export function pluginsOf(means: IpsecMeans): readonly string[] {
  const kernel = means === 'kernel' ? [] : ['kernel-libipsec'];
  return [...PLUGINS.split(' '), ...kernel, 'kernel-netlink', 'socket-default', 'vici'];
}

/**
 * A message is sent at 0, 1, 2.5, 4.8 and 8.1 s, and the peer counts as dead at 13 s. Packets of charon itself have a mark, so that they are
 * never sent into a tunnel. Several hosts may be behind one NAT, so they may begin at the same time.
 */
export function renderStrongswanConf({ port }: Pick<IpsecSettings, 'port'>, means: IpsecMeans): string {
  return `charon {
  load = ${pluginsOf(means).join(' ')}
  port = 0
  port_nat_t = ${port}
  install_routes = no
  install_virtual_ip = no
  process_route = no
  routing_table = ${ROUTING_TABLE}
  routing_table_prio = ${ROUTING_PREFERENCE}
  retransmit_timeout = 1
  retransmit_base = 1.5
  retransmit_tries = 4
  block_threshold = 50
  ikesa_table_size = 256
  ikesa_table_segments = 16
  plugins {
    kernel-netlink {
      fwmark = !0x42
    }
    socket-default {
      fwmark = 0x42
    }
    vici {
      socket = unix:///run/${SOCKET_FILE}
    }
  }
  filelog {
    stderr {
      default = 0
      time_format = %Y-%m-%dT%H:%M:%S
    }
  }
}
`;
}

/** Starts charon with its own `/run`, so that another charon of this host has another pid file and another socket. */
export function renderStart({ charon, runDir }: Pick<IpsecSettings, 'charon' | 'runDir'>): string {
  return `export STRONGSWAN_CONF=/run/${CONFIG_FILE}
exec unshare --mount --propagation private sh -c 'mount --bind "$1" /run && exec "$2"' sh ${quote(runDir)} ${quote(charon)}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** How to start charon. The same for all versions of Drover, so that a running one is adopted: what differs is in the files of its directory. */
export function charonCommand(runDir: string): readonly [file: string, ...args: string[]] {
  return ['sh', `${runDir}/${START_FILE}`];
}
