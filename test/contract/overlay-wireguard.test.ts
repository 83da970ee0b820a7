import { createHash } from 'node:crypto';
import { WG, wireguardOnHost } from '../support/overlay/wireguard-on-host.ts';
import { overlayContract } from './overlay-backend.ts';

const DEVICE = 'drover-wg0';

overlayContract({
  name: 'wireguard',
  create: (host) => wireguardOnHost(host).backend,
  foreignKey: (n) => createHash('sha256').update(`host ${n}`).digest('base64'),
  underlays: [4, 6],
  counts: true,
  settleMs: 10_000,
  drift: {
    'the device is deleted': (host) => host.run('ip', ['link', 'delete', DEVICE]),
    'the device is down': (host) => host.run('ip', ['link', 'set', DEVICE, 'down']),
    'the device has another MTU': (host) => host.run('ip', ['link', 'set', DEVICE, 'mtu', '1000']),
    'the device has another port': (host) => host.run(WG, ['set', DEVICE, 'listen-port', '51999']),
    'a peer is removed': (host, { publicKey }) => host.run(WG, ['set', DEVICE, 'peer', publicKey ?? '', 'remove']),
    'a peer has other addresses': (host, { publicKey }) =>
      host.run(WG, ['set', DEVICE, 'peer', publicKey ?? '', 'allowed-ips', '10.42.99.0/24']),
    'the reverse path filter is strict': (host) => host.run('sysctl', ['-qw', `net.ipv4.conf.${DEVICE}.rp_filter=1`]),
  },
});
