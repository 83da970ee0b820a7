import { createVxlan } from '../../overlay/index.ts';
import { overlayContract } from './overlay-backend.ts';

overlayContract({
  name: 'vxlan',
  create: ({ run }) => createVxlan({ run }),
  foreignKey: () => null,
  underlays: [4, 6],
  counts: false,
  settleMs: 5_000,
  drift: {
    'the device is deleted': (host) => host.run('ip', ['link', 'delete', 'drover-vx']),
    'the device is down': (host) => host.run('ip', ['link', 'set', 'drover-vx', 'down']),
    'the device has another MAC address': (host) =>
      host.run('ip', ['link', 'set', 'drover-vx', 'address', '0e:00:00:00:00:09']),
    'an entry of the forwarding table is deleted': (host, { address }) =>
      host.run('bridge', ['fdb', 'delete', '0e:00:0a:2a:02:00', 'dev', 'drover-vx', 'dst', address]),
    'an entry of the forwarding table leads to another host': (host) =>
      host.run('bridge', ['fdb', 'replace', '0e:00:0a:2a:02:00', 'dev', 'drover-vx', 'dst', '192.0.2.99']),
    'all neighbours are flushed': (host) =>
      host.run('ip', ['neighbour', 'flush', 'dev', 'drover-vx', 'nud', 'permanent']),
  },
});
