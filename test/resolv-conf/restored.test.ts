import { expect, test } from 'vitest';
import { renderResolvConf } from '../../resolv-conf/render.ts';
import { restoredText } from '../../resolv-conf/restored.ts';
import { isSealed } from '../../resolv-conf/seal.ts';

const OURS = '169.254.169.250';
const HOST = ['192.0.2.53', '192.0.2.54'];
const CONTENT = { resolver: OURS, search: ['shop.drover'], position: 'first' } as const;
const written = (before: string): string => renderResolvConf(before, CONTENT) ?? before;
/** Without comments. */
const plain = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');

test.each([
  ['the text from before Drover', 'nameserver 192.0.2.9\nsearch corp\n', {}, 'nameserver 192.0.2.9\nsearch corp\n'],
  ["Docker's own resolver", 'nameserver 127.0.0.11\noptions ndots:0\n', {}, 'nameserver 127.0.0.11\noptions ndots:0\n'],
  [
    'dns in daemon.json, on the default bridge',
    `nameserver ${OURS}\nsearch corp\n`,
    { viaDocker: true },
    'nameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch corp\n',
  ],
  [
    'dns in daemon.json, on a network with names',
    'nameserver 127.0.0.11\noptions ndots:0\n',
    { viaDocker: true },
    'nameserver 127.0.0.11\nnameserver 192.0.2.53\nnameserver 192.0.2.54\noptions ndots:0\n',
  ],
  [
    'Drover and another resolver',
    `nameserver ${OURS}\nnameserver 192.0.2.54\n`,
    {},
    'nameserver 192.0.2.54\nnameserver 192.0.2.53\n',
  ],
  ['a host without resolvers', `nameserver ${OURS}\n`, { resolvers: [] }, `nameserver ${OURS}\n`],
] as const)('restoredText() after %s', (_title, before, more, after) => {
  const successors = { resolver: OURS, resolvers: HOST, viaDocker: false, ...more };
  const restored = restoredText(written(before), successors) ?? '';
  expect(plain(restored)).toBe(after);
  expect(restoredText(restored, successors)).toBeNull();
  // Docker itself wrote it, and Drover has not rewritten it yet.
  expect(restoredText(before, successors) ?? before).toBe(restored);
  // The next agent takes it for a text of Docker or of Drover, and knows the original.
  expect(renderResolvConf(restored, CONTENT)).toBe(written(before));
  if (restored !== before) expect(isSealed(restored)).toBe(true);
});
