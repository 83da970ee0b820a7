import type { BackendAbility } from '../../model/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';
import type { WireguardSettings } from './settings.ts';

/**
 * The kernel is tested by a device in a network namespace that ends with the command, because kernels load the module when it is needed.
 */
export async function detectWireguard(
  run: RunCommand,
  { wg, wireguardGo }: Pick<WireguardSettings, 'wg' | 'wireguardGo'>,
  signal?: AbortSignal,
): Promise<BackendAbility> {
  const fails = async (file: string, ...args: readonly string[]): Promise<string | null> => {
    try {
      await run(file, args, signal ? { signal } : {});
      return null;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return error.stderr || error.message;
    }
  };
  const able = (means: string): BackendAbility => ({ backend: 'wireguard', means, lacks: '' });
  const unable = (lacks: string): BackendAbility => ({ backend: 'wireguard', means: null, lacks });
  if ((await fails(wg, '--version')) !== null) {
    return unable(`the program ${wg} does not run: install the Debian package wireguard-tools`);
  }
  const noKernel = await fails('unshare', '--net', 'ip', 'link', 'add', 'drover-test', 'type', 'wireguard');
  if (noKernel === null) return able('kernel');
  const noModule = `the kernel has no WireGuard (${noKernel})`;
  if ((await fails(wireguardGo, '--version')) !== null) {
    const either = 'load the kernel module wireguard, or install the Debian package wireguard-go';
    return unable(`${noModule}, and the program ${wireguardGo} does not run: ${either}`);
  }
  if ((await fails('test', '-c', '/dev/net/tun')) === null) return able('wireguard-go');
  return unable(`${noModule}, and wireguard-go has no /dev/net/tun: load the kernel module wireguard or tun`);
}
