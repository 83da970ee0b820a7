import { createDirect } from '../../overlay/index.ts';
import { overlayContract } from './overlay-backend.ts';

overlayContract({
  name: 'direct',
  create: () => createDirect(),
  foreignKey: () => null,
  underlays: [4],
  counts: false,
  settleMs: 5_000,
  drift: {},
});
