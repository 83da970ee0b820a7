import { expect, test } from 'vitest';
import { namespaceCopies } from '../../agent/down/namespace-copies.ts';

test('namespaceCopies() are the other mounts of the namespace, not those of other namespaces', () => {
  const mountinfo = `538 406 0:64 / /run/netns rw,relatime shared:3 - tmpfs tmpfs rw
710 538 0:4 net:[4026532757] /run/netns/drover rw shared:7 - nsfs nsfs rw
748 747 0:4 net:[4026532757] /host/run/netns/drover rw - nsfs nsfs rw
749 747 0:4 net:[4026532758] /host/run/netns/drover2 rw - nsfs nsfs rw
958 957 0:4 net:[4026532757] /var/lib/docker/overlay2/b5/merged/host/run/netns/drover rw - nsfs nsfs rw
`;
  const copies = ['/host/run/netns/drover', '/var/lib/docker/overlay2/b5/merged/host/run/netns/drover'];
  expect(namespaceCopies(mountinfo, 'drover')).toEqual(copies);
  expect(namespaceCopies('', 'drover')).toEqual([]);
});
