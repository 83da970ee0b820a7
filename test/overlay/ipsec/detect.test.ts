import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pluginsOf } from '../../../overlay/ipsec/charon/render.ts';
import { detectIpsec } from '../../../overlay/ipsec/detect.ts';
import { CommandError, type RunCommand } from '../../../system/index.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-detect-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const hasEsp: RunCommand = async () => '';
const hasNoEsp: RunCommand = async () => {
  throw new CommandError('RTNETLINK answers: Operation not supported', 2, '', null);
};

async function install(plugins: readonly string[]): Promise<string> {
  const charon = join(dir, 'charon');
  await writeFile(charon, '', { mode: 0o755 });
  await mkdir(join(dir, 'plugins'));
  for (const name of plugins) await writeFile(join(dir, 'plugins', `libstrongswan-${name}.so`), '');
  return charon;
}

test('detect() names the packages if charon is missing', async () => {
  const { means, lacks } = await detectIpsec({ run: hasNoEsp }, { charon: join(dir, 'charon') });
  expect(means).toBeNull();
  expect(lacks).toMatch(
    /charon does not exist: install strongswan-charon, strongswan-swanctl, libstrongswan-standard-plugins/,
  );
});

test.each<[RunCommand, 'kernel' | 'kernel-libipsec', string]>([
  [hasEsp, 'kernel', 'vici'],
  [hasNoEsp, 'kernel-libipsec', 'vici'],
  [hasNoEsp, 'kernel-libipsec', 'kernel-libipsec'],
])(
  'detect() says what carries the packets (%#), and names the package of a missing plugin',
  async (run, means, missing) => {
    const all = pluginsOf(means);
    const charon = await install(all.filter((name) => name !== missing));
    const found = await detectIpsec({ run }, { charon });
    const of = missing === 'vici' ? 'strongswan-swanctl' : 'libcharon-extra-plugins';
    expect(found).toEqual({
      backend: 'ipsec',
      means: null,
      lacks: `strongSwan has no plugin ${missing}: install ${of}`,
    });
    await writeFile(join(dir, 'plugins', `libstrongswan-${missing}.so`), '');
    expect(await detectIpsec({ run }, { charon })).toEqual({ backend: 'ipsec', means, lacks: '' });
  },
);
