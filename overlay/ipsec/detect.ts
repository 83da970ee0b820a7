import { access, constants } from 'node:fs/promises';
import { CommandError, type RunCommand } from '../../system/index.ts';
import type { Backend } from '../backend/backend.ts';
import { missingPlugins } from './charon/charon-files.ts';
import type { IpsecMeans, IpsecSettings } from './charon/settings.ts';

const PACKAGES: Readonly<Record<string, string>> = {
  vici: 'strongswan-swanctl',
  'kernel-libipsec': 'libcharon-extra-plugins',
  openssl: 'libstrongswan-standard-plugins',
  gcm: 'libstrongswan-standard-plugins',
  aesni: 'libstrongswan-standard-plugins',
};

const ALL_PACKAGES = 'strongswan-charon, strongswan-swanctl, libstrongswan-standard-plugins, libcharon-extra-plugins';

/** Whether this host can do IPsec, and what carries the packets. */
export async function detectIpsec(
  { run }: { readonly run: RunCommand },
  { charon }: Pick<IpsecSettings, 'charon'>,
  signal?: AbortSignal,
): ReturnType<Backend['detect']> {
  const lacking = (lacks: string) => ({ backend: 'ipsec' as const, means: null, lacks });
  if (!(await isThere(charon, constants.X_OK))) {
    return lacking(`${charon} does not exist: install ${ALL_PACKAGES}`);
  }
  const means = await detectMeans(run, signal);
  const missing = await missingPlugins(charon, means);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((name) => PACKAGES[name] ?? 'strongswan-charon'))];
    return lacking(`strongSwan has no plugin ${missing.join(', ')}: install ${packages.join(', ')}`);
  }
  if (means === 'kernel-libipsec' && !(await isThere('/dev/net/tun', constants.R_OK))) {
    return lacking('the kernel has neither ESP nor /dev/net/tun: load the modules esp4 and xfrm_interface, or tun');
  }
  return { backend: 'ipsec', means, lacks: '' };
}

const KEY = `0x${'00'.repeat(36)}`;

/**
 * Makes an SA and an XFRM interface in a network namespace that ends with the command. Kernels load modules when they are needed, so what
 * is loaded says nothing.
 */
export async function detectMeans(run: RunCommand, signal?: AbortSignal): Promise<IpsecMeans> {
  const lines = [
    `ip xfrm state add src 127.0.0.1 dst 127.0.0.2 proto esp spi 1 mode tunnel aead "rfc4106(gcm(aes))" ${KEY} 128`,
    'ip link add drover-test type xfrm if_id 1',
  ];
  try {
    await run('unshare', ['--net', 'sh', '-c', lines.join(' && ')], signal ? { signal } : {});
    return 'kernel';
  } catch (error) {
    if (error instanceof CommandError) return 'kernel-libipsec';
    throw error;
  }
}

function isThere(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
