import { createHash } from 'node:crypto';
import { ipsecOnHost } from '../support/overlay/ipsec-on-host.ts';
import { overlayContract } from './overlay-backend.ts';

overlayContract({
  name: 'ipsec',
  create: (host) => ipsecOnHost(host).backend,
  foreignKey: (n) => {
    const bytes = createHash('sha256').update(`${n}`).digest();
    return Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes]).toString('base64');
  },
  underlays: [4, 6],
  counts: true,
  settleMs: 10_000,
  drift: {
    'the device is down': (host) => host.run('ip', ['link', 'set', 'ipsec0', 'down']),
    'the device has another MTU': (host) => host.run('ip', ['link', 'set', 'ipsec0', 'mtu', '900']),
  },
});
