import { expect, test } from 'vitest';
import { detectWireguard } from '../../../overlay/wireguard/detect.ts';
import { CommandError } from '../../../system/index.ts';

const ABILITIES: readonly (readonly [string, readonly string[], string | null, RegExp])[] = [
  ['everything', [], 'kernel', /^$/],
  ['no module', ['unshare'], 'wireguard-go', /^$/],
  ['no wg', ['wg'], null, /^the program wg does not run: install the Debian package wireguard-tools$/],
  [
    'no module and no wireguard-go',
    ['unshare', 'wireguard-go'],
    null,
    /\(Error: unshare\), .* load the kernel module wireguard, or install the Debian package wireguard-go$/,
  ],
  ['no module and no tun', ['unshare', 'test'], null, /no \/dev\/net\/tun: load the kernel module wireguard or tun$/],
];

test.each(ABILITIES)('detect() on a host with %s', async (_title, missing, means, lacks) => {
  const run = async (file: string): Promise<string> => {
    if (missing.includes(file)) throw new CommandError(`${file} failed`, 1, `Error: ${file}`, undefined);
    return '';
  };
  const found = await detectWireguard(run, { wg: 'wg', wireguardGo: 'wireguard-go' });
  expect(found).toMatchObject({ backend: 'wireguard', means });
  expect(found.lacks).toMatch(lacks);
});
