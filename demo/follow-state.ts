import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compose } from '../test/support/compose.ts';
import { addressOf, inside } from '../test/support/containers.ts';
import { poll } from '../test/support/poll.ts';
import type { Resources } from '../test/support/resources.ts';
import type { Member } from '../test/support/world.ts';
import { expectThat, type Screen } from './screen.ts';

const METADATA = 'http://169.254.169.250';

/** Updates at run time: metadata of a running container changes, and a file follows a scale-up. */
export async function followState(screen: Screen, resources: Resources, host: Member): Promise<void> {
  screen.part('Updates at run time');
  await injectConfiguration(screen, host);
  await followScaleUp(screen, resources, host);
}

async function injectConfiguration(screen: Screen, host: Member): Promise<void> {
  const manifest = join(host.host.dir, 'shop.yml');
  const url = 'http://rancher-metadata/latest/self/service/metadata/banner';
  await screen.step('drover apply changes the metadata of a running container', async () => {
    for (const banner of ['hello', 'sale!']) {
      await writeFile(manifest, `stack: shop\nservices: { web: { metadata: { banner: ${banner} } } }\n`);
      const { exitCode, stdout, stderr } = await host.agent.drover(['apply', '-f', manifest]);
      expectThat(exitCode === 0, `drover apply: exit code ${exitCode}\n${stderr}`);
      screen.shown('drover apply -f shop.yml', stdout);
      const read = () => inside(host, 'shop-web-1', `wget -qO- ${url} || true`);
      await poll(async () => (await read()) === banner, { what: `the banner ${banner}`, timeoutMs: 5_000 });
      screen.shown(`wget -qO- ${url}   # in shop-web-1`, await read());
    }
  });
}

const TEMPLATE = `upstream web {
{{#each (readyContainersOf "shop/web")}}
  server {{primary_ip}}:80;
{{/each}}
}
`;

async function followScaleUp(screen: Screen, resources: Resources, host: Member): Promise<void> {
  const at = (name: string): string => join(host.host.dir, name);
  const read = () => readFile(at('web.conf'), 'utf8').catch(() => '');
  await screen.step('drover template writes an nginx upstream list that follows a scale-up', async () => {
    await writeFile(at('web.hbs'), TEMPLATE);
    const files = ['-s', at('web.hbs'), '-d', at('web.conf'), '--reload', `date >> ${at('reloads')}`];
    const template = host.host.start(resolve('bin/drover'), ['template', '--metadata', METADATA, ...files]);
    resources.add('drover template', () => template.stop());
    const servers = async () => (await read()).match(/server/g)?.length ?? 0;
    const before = await poll(async () => (await servers()) || null, {
      what: 'web.conf',
      timeoutMs: 20_000,
      giveUp: template.assertRunning,
    });
    screen.shown('cat web.conf', await read());
    const asked = Date.now();
    const scale = (count: number) => compose(host, 'demo/stacks/shop.yml', 'up', '--detach', '--scale', `web=${count}`);
    await scale(4);
    const started = Date.now();
    const until = (count: number) =>
      poll(async () => (await servers()) === count, { what: `${count} servers`, giveUp: template.assertRunning });
    await until(before + 1);
    const text = await read();
    screen.shown('cat web.conf            # with shop-web-4', text);
    screen.note(
      `written at most ${Date.now() - started} ms after \`docker compose\` ended, which took ${started - asked} ms`,
    );
    expectThat(text.includes(await addressOf(host, 'shop-web-4')), `the address of shop-web-4 is missing:\n${text}`);
    expectThat((await readFile(at('reloads'), 'utf8')).trim().split('\n').length === 2, 'reloaded once a change');
    await scale(3);
    await until(before);
    screen.note('after shop-web-4 is removed, the file has no entry for it');
    await template.stop();
  });
}
