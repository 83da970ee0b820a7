import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { poll } from '../../../test/support/poll.ts';
import { forEachEnd, type Pair, type PairHost } from '../pair.ts';

const PROGRAMS = resolve('.tools/overlay/bin');

/** strongSwan with kernel-libipsec: raw public keys, AES-256-GCM, curve25519. */
export async function connectIpsec(pair: Pair): Promise<void> {
  const keys = new Map<PairHost, string>();
  await forEachEnd(pair, async (own) => void keys.set(own, await writeKey(own)));
  await forEachEnd(pair, async (own, other) => {
    const settings = filesOf(own);
    await writeFile(join(settings, 'pubkey', 'own.pem'), keys.get(own) ?? '');
    await writeFile(join(settings, 'pubkey', 'other.pem'), keys.get(other) ?? '');
    await writeFile(join(settings, 'strongswan.conf'), STRONGSWAN_CONF);
    await writeFile(join(settings, 'swanctl.conf'), swanctlConf(own, other));
    await startCharon(own);
  });
  const [a] = pair;
  await swanctl(a, ['--initiate', '--child', 'net']);
}

async function writeKey(own: PairHost): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  for (const name of ['private', 'pubkey', 'run']) await mkdir(join(filesOf(own), name), { recursive: true });
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(join(filesOf(own), 'private', 'key.pem'), secret, { mode: 0o600 });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

/**
 * charon writes its process id and its socket into /run, which is a directory of its own here. As a service it has a session of its own: the
 * scheduler groups processes by session, and charon in the session of iperf3 is a third faster than any service.
 */
async function startCharon(own: PairHost): Promise<void> {
  const files = filesOf(own);
  const daemon = own.host.start(
    'unshare',
    [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      `mount --bind ${files}/run /run && exec setsid ${PROGRAMS}/charon`,
    ],
    { env: { STRONGSWAN_CONF: join(files, 'strongswan.conf') } },
  );
  await poll(() => swanctl(own, ['--load-all']).then(() => true), { what: 'charon', giveUp: daemon.assertRunning });
}

async function swanctl(own: PairHost, args: readonly string[]): Promise<void> {
  const files = filesOf(own);
  const at = ['--uri', `unix://${files}/run/charon.vici`];
  await own.host.run('env', [`SWANCTL_DIR=${files}`, `${PROGRAMS}/swanctl`, ...args, ...at]);
}

function filesOf({ host }: PairHost): string {
  return join(host.dir, 'ipsec');
}

function swanctlConf(own: PairHost, other: PairHost): string {
  return `connections {
  peer {
    version = 2
    local_addrs = ${own.address}
    remote_addrs = ${other.address}
    proposals = aes256gcm16-prfsha256-curve25519
    encap = yes
    local {
      auth = pubkey
      id = ${own.subnet}
      pubkeys = own.pem
    }
    remote {
      auth = pubkey
      id = ${other.subnet}
      pubkeys = other.pem
    }
    children {
      net {
        local_ts = ${own.subnet}
        remote_ts = ${other.subnet}
        esp_proposals = aes256gcm16-curve25519
      }
    }
  }
}
`;
}

/** The marks keep packets of IKE and ESP out of the tunnel's own routes. */
const STRONGSWAN_CONF = `charon {
  load = random nonce openssl pem pkcs1 pkcs8 pubkey kdf curve25519 gcm aes aesni sha2 hmac kernel-libipsec kernel-netlink socket-default vici
  install_virtual_ip = no
  plugins {
    kernel-netlink {
      fwmark = !0x42
    }
    socket-default {
      fwmark = 0x42
    }
    vici {
      socket = unix:///run/charon.vici
    }
  }
}
`;
