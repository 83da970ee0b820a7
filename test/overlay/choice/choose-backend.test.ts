import { expect, test } from 'vitest';
import type { BackendName } from '../../../model/index.ts';
import { chooseBackend, type OverlayHost } from '../../../overlay/choice/choose-backend.ts';

/** `a: wireguard ipsec`: a host and what it can use. */
function hosts(...lines: readonly string[]): OverlayHost[] {
  return lines.map((line) => {
    const [name = '', able = ''] = line.split(':');
    const means = able.trim().split(' ');
    const abilities = (['direct', 'vxlan', 'ipsec', 'wireguard'] as const).map((backend: BackendName) =>
      means.includes(backend)
        ? { backend, means: 'kernel', lacks: '' }
        : { backend, means: null, lacks: `${backend} is missing on ${name}` },
    );
    return { name, overlay: { abilities, ends: [], uses: 0, addresses: [], publicAddress: null, underlayMtu: 1500 } };
  });
}

test.each([
  ['both everywhere', hosts('a: wireguard ipsec', 'b: wireguard ipsec'), 'wireguard', 'auto: every host can use it'],
  ['one host cannot use the better one', hosts('a: wireguard ipsec', 'b: ipsec'), 'ipsec', 'auto: every host can use it; only 1 of 2 can use wireguard'],
  ['a host that can encrypt with nothing does not end the encryption', hosts('a: wireguard', 'b: wireguard', 'c: vxlan direct'), 'wireguard', 'auto: all hosts can use it but c'],
  ['no host can', hosts('a: vxlan', 'b: direct'), null, 'auto: no host can encrypt: wireguard is missing on a'],
  ['a host that has not reported does not count', [...hosts('a: ipsec'), { name: 'old', overlay: null }], 'ipsec', 'auto: every host can use it; only 0 of 1 can use wireguard'],
  ['nothing is known', [], null, 'auto: no host can encrypt: no host has reported what it can use'],
] as const)('auto: %s', (_case, world, backend, reason) => {
  expect(chooseBackend('auto', world)).toEqual({ backend, reason });
  expect(chooseBackend('auto', [...world].reverse()).backend).toBe(backend);
}); // biome-ignore format: a table

test('a backend that is set is chosen, whatever the hosts can do', () => {
  expect(chooseBackend('vxlan', hosts('a: wireguard'))).toEqual({ backend: 'vxlan', reason: 'the setting is vxlan' });
});
