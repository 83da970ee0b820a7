import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../metadata/serve.ts';
import { startDaemon } from '../support/daemon.ts';
import { freePort } from '../support/free-port.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { container, declaration, type World } from '../view/world.ts';

/** Real `drover template` processes against a real metadata server. */
const web = (n: number) => container(`web-${n}`, 'shop/web', `10.42.0.${n}`);
const TWO: World = { containers: [web(1), web(2)] };
const THREE: World = { containers: [web(1), web(2), web(3)] };
const UPSTREAMS = `upstream web {
{{#each (readyContainersOf "shop/web")}}
  server {{primary_ip}}:80;
{{/each}}
}
`;

let resources: Resources;
let server: TestServer;
let dir: string;
beforeEach(async () => {
  resources = createResources();
  dir = await mkdtemp(join(tmpdir(), 'drover-template-'));
  resources.add('folder', () => rm(dir, { recursive: true, force: true }));
  server = await startServer(TWO);
  resources.add('metadata', () => server[Symbol.asyncDispose]());
  await writeFile(join(dir, 'up.hbs'), UPSTREAMS);
});
afterEach(() => resources.close());

const path = (name: string) => join(dir, name);
const content = (name: string) => readFile(path(name), 'utf8');
const lines = async (name: string) => (await content(name).catch(() => '')).split('\n').filter((line) => line !== '');

function metadata(): readonly string[] {
  return ['--metadata', `http://127.0.0.1:${server.port}`];
}

async function template(...args: readonly string[]) {
  return execa('bin/drover', ['template', ...metadata(), ...args], { reject: false, timeout: 60_000 });
}

function follow(...args: readonly string[]) {
  const daemon = startDaemon('bin/drover', ['template', ...metadata(), ...args]);
  resources.add('drover template', () => daemon.stop());
  return daemon;
}

describe('once', () => {
  test('fills a file, does not touch it without a change, and shows the difference with --dry', async () => {
    const args = ['-s', path('up.hbs'), '-d', path('up.conf'), '--reload', `echo reloaded >>${path('log')}`, '--once'];
    const dry = await template(...args, '--dry');
    expect(dry.stdout).toContain('+  server 10.42.0.2:80;');
    expect(await readdir(dir)).toEqual(['up.hbs']);
    expect((await template(...args)).stdout).toBe(`${path('up.conf')}: written`);
    expect(await content('up.conf')).toBe('upstream web {\n  server 10.42.0.1:80;\n  server 10.42.0.2:80;\n}\n');
    const before = await stat(path('up.conf'));
    expect((await template(...args)).stdout).toBe(`${path('up.conf')}: unchanged`);
    expect((await stat(path('up.conf'))).mtimeMs).toBe(before.mtimeMs);
    server.show(THREE);
    const more = await template(...args, '--dry');
    expect(more.stdout.split('\n').filter((line) => /^[+-] /.test(line))).toEqual(['+  server 10.42.0.3:80;']);
    expect(await lines('log')).toEqual(['reloaded']);
  });

  test('sets the given owner and mode, else keeps the present ones; keeps a symbolic link', async () => {
    await writeFile(path('real.conf'), 'old');
    await chmod(path('real.conf'), 0o640);
    await symlink(path('real.conf'), path('up.conf'));
    expect((await template('-s', path('up.hbs'), '-d', path('up.conf'), '--owner', 'nobody', '--once')).exitCode).toBe(
      0,
    );
    const nobody = Number((await execa('id', ['-u', 'nobody'])).stdout);
    const { mode, uid, gid } = await stat(path('real.conf'));
    expect([mode & 0o7777, uid, gid]).toEqual([0o640, nobody, 0]);
    expect(await content('real.conf')).toContain('server 10.42.0.1:80;');
    await template('-s', path('up.hbs'), '-d', path('up.conf'), '--mode', '0600', '--once');
    expect((await stat(path('real.conf'))).mode & 0o7777).toBe(0o600);
  });

  test('Q34: a failed check keeps the last good file, and leaves no other file', async () => {
    await writeFile(path('up.conf'), 'good');
    const { exitCode, stderr } = await template(
      '-s',
      path('up.hbs'),
      '-d',
      path('up.conf'),
      '--check',
      'grep -q nope {{src}} || { echo no nope >&2; exit 3; }',
      '--reload',
      `touch ${path('reloaded')}`,
      '--once',
    );
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`${path('up.conf')}: the check failed:`)]);
    expect(stderr).toContain('no nope');
    expect(await content('up.conf')).toBe('good');
    expect((await readdir(dir)).sort()).toEqual(['up.conf', 'up.hbs']);
  });

  test('an unreachable metadata server is an error with its address', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { exitCode, stderr } = await execa(
      'bin/drover',
      ['template', '--metadata', url, '-s', path('up.hbs'), '-d', path('x'), '--once'],
      { reject: false },
    );
    expect([exitCode, stderr]).toEqual([
      1,
      `drover: metadata at ${url}: fetch failed: connect ECONNREFUSED ${new URL(url).host}; check the URL, and that the metadata server is running`,
    ]);
  });
});

describe("confd's folder", () => {
  const TOML = (name: string, more = '') =>
    `[template]\nsrc = "${name}.tmpl"\ndest = "${path(`${name}.conf`)}"\nmode = "0600"\nkeys = ["/stacks/shop"]\nprefix = "/latest"\n${more}`;
  const GO =
    '{{range ls "/stacks/shop/services/web/containers"}}{{$ip := printf "/stacks/shop/services/web/containers/%s/primary_ip" .}}server {{.}} {{getv $ip}}\n{{end}}';

  test('is used unchanged; an invalid file or line affects only its own template', async () => {
    await mkdir(path('conf.d'));
    await mkdir(path('templates'));
    await writeFile(path('conf.d/a.toml'), TOML('a', 'check_cmd = "test -s {{.src}}"\n'));
    await writeFile(path('conf.d/b.toml'), TOML('b'));
    await writeFile(path('conf.d/c.toml'), 'src = "unfinished');
    await writeFile(path('templates/a.tmpl'), GO);
    await writeFile(path('templates/b.tmpl'), 'x\n{{cgetv "/secret"}}\n');
    await writeFile(path('conf.d/d.toml'), TOML('d'));
    await writeFile(path('templates/d.tmpl'), Buffer.from('é', 'latin1'));
    await writeFile(
      path('conf.d/e.toml'),
      TOML('e').replace('"/latest"', '"/latest/stacks/shop/name"').replace('/stacks/shop"]', '/"]'),
    );
    await writeFile(path('templates/e.tmpl'), '{{getv "/"}}');
    const { exitCode, stderr } = await template('--confd', dir, '--once');
    expect(await content('a.conf')).toBe('server web-1 10.42.0.1\nserver web-2 10.42.0.2\n');
    expect((await stat(path('a.conf'))).mode & 0o7777).toBe(0o600);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${path('conf.d/c.toml')}: is not valid TOML`);
    expect(stderr).toContain(`${path('templates/b.tmpl')} line 2: cannot be converted: there is no function cgetv`);
    expect(stderr).toContain(`${path('templates/d.tmpl')}: is not text in UTF-8`);
    expect(await content('e.conf')).toBe('shop');
  });

  test('sub-folders, and the prefix and server of confd.toml are used; the line of a failure is named', async () => {
    await mkdir(path('conf.d/more'), { recursive: true });
    await mkdir(path('templates/more'), { recursive: true });
    await writeFile(path('confd.toml'), `prefix = "/latest/stacks"\nnodes = ["127.0.0.1:${server.port}"]\n`);
    const toml = (name: string) =>
      `[template]\nsrc = "more/${name}.tmpl"\ndest = "${path(`${name}.conf`)}"\nprefix = "/elsewhere"\nkeys = ["/"]\n`;
    await writeFile(path('conf.d/more/a.toml'), toml('a'));
    await writeFile(path('conf.d/b.toml'), toml('b'));
    await writeFile(path('conf.d/not-read.toml.bak'), 'x');
    await writeFile(path('templates/more/a.tmpl'), '{{getv "/shop/name"}}');
    await writeFile(path('templates/more/b.tmpl'), 'a\n{{/* b\n */}}{{getv\n"/gone"}}');
    const { stdout, stderr, exitCode } = await execa('bin/drover', ['template', '--confd', dir, '--once'], {
      reject: false,
    });
    expect(await content('a.conf')).toBe('shop');
    expect([stdout, exitCode]).toEqual([`${path('a.conf')}: written`, 1]);
    expect(stderr).toContain(`${path('templates/more/b.tmpl')} line 3: cannot be rendered: key does not exist: /gone`);
  });

  test('confdir and noop of confd.toml are followed, and --prefix replaces its prefix', async () => {
    for (const folder of ['etc', 'conf.d', 'templates']) await mkdir(path(folder));
    await writeFile(path('etc/confd.toml'), `confdir = "${dir}"\nnoop = true\nprefix = "/elsewhere"\n`);
    await writeFile(path('conf.d/a.toml'), `[template]\nsrc = "a.tmpl"\ndest = "${path('a.conf')}"\nkeys = ["/"]\n`);
    await writeFile(path('templates/a.tmpl'), '{{getv "/shop/name"}}\n');
    const { stdout } = await template('--confd', path('etc'), '--prefix', '/latest/stacks', '--once');
    expect(stdout.split('\n')).toEqual(expect.arrayContaining([`${path('a.conf')}: would be written`, '+shop']));
    expect(await readdir(dir)).not.toContain('a.conf');
  });

  test('convert prints the converted template, or the lines that cannot be converted', async () => {
    await writeFile(path('a.tmpl'), '{{range gets "/self/*"}}{{.Value}}{{end}}');
    const shown = await execa('bin/drover', ['template', 'convert', path('a.tmpl')]);
    expect(shown.stdout.split('\n').at(-1)).toBe('{{#range (gets "/self/*")}}{{show (member this "Value")}}{{/range}}');
    await writeFile(path('a.tmpl'), 'a\n\n{{secret "x"}}');
    const refused = await execa('bin/drover', ['template', 'convert', path('a.tmpl')], { reject: false });
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('line 3')]);
    await writeFile(path('a.tmpl'), Buffer.from('é', 'latin1'));
    const garbled = await execa('bin/drover', ['template', 'convert', path('a.tmpl')], { reject: false });
    expect([garbled.stdout, garbled.stderr]).toEqual(['', expect.stringContaining('is not text in UTF-8')]);
  });
});

describe('following', () => {
  test('a file follows a scale-up, is written once for several changes, and is never seen half written', async () => {
    follow('-s', path('up.hbs'), '-d', path('up.conf'), '--reload', `echo x >>${path('log')}`);
    await poll(async () => (await lines('up.conf')).length === 4, { what: 'the first file' });
    for (let n = 3; n <= 12; n += 1) server.show({ containers: Array.from({ length: n }, (_, at) => web(at + 1)) });
    const seen = new Set<number>();
    await poll(
      async () => {
        seen.add((await lines('up.conf')).length);
        return seen.has(14);
      },
      { what: 'the file with twelve servers', intervalMs: 1 },
    );
    expect([...seen].every((count) => count >= 4)).toBe(true);
    await poll(async () => (await lines('log')).length === 2, { what: 'one more reload' });
  });

  test('a file follows injected configuration without a restart of the container', async () => {
    const shown = (metadata: string): World => ({ ...TWO, declarations: [declaration('shop/web', { metadata })] });
    server.show(shown('{"limits":{"z":18446744073709551615,"a":[1,2.5]}}'));
    await writeFile(path('limits.hbs'), '{{#with (service "shop/web")}}{{toJson metadata.limits}}{{/with}}\n');
    follow('-s', path('limits.hbs'), '-d', path('limits.conf'), '--reload', `echo x >>${path('log')}`);
    const becomes = (text: string) =>
      poll(async () => (await content('limits.conf')).replace(/\s/g, '') === text, { what: text });
    await becomes('{"z":18446744073709551615,"a":[1,2.5]}');
    server.show(shown('{"limits":{"z":18446744073709551614,"a":[]}}'));
    await becomes('{"z":18446744073709551614,"a":[]}');
    // The reload command runs after the file is in place.
    await poll(async () => (await lines('log')).length === 2, { what: 'a reload each' });
  });

  test('Q34: retries a failed template, and keeps the other files up to date', {
    timeout: 60_000,
  }, async () => {
    const settings = {
      templates: [
        { source: 'bad.hbs', destination: 'bad.conf' },
        { source: 'up.hbs', destination: 'up.conf', reload: `test -e ${path('may-reload')}` },
      ],
    };
    await writeFile(path('templates.json'), JSON.stringify(settings));
    await writeFile(path('bad.hbs'), '{{#each}');
    const daemon = follow('--config', path('templates.json'));
    await poll(async () => (await lines('up.conf')).length === 4, { what: 'the good file' });
    await poll(() => /bad.hbs: is not a valid template/.test(daemon.output()), {
      what: 'the log line about the bad template',
    });
    await poll(() => /the reload command failed/.test(daemon.output()), {
      what: 'the log line about the failed reload',
    });
    server.show(THREE);
    await poll(async () => (await lines('up.conf')).length === 5, { what: 'the good file after a change' });
    await writeFile(path('bad.hbs'), 'good now');
    await appendFile(path('may-reload'), '');
    await poll(async () => (await content('bad.conf').catch(() => '')) === 'good now', {
      what: 'the repaired template',
      timeoutMs: 20_000,
    });
    const again = () => daemon.output().match(/template works again/g)?.length === 2;
    await poll(again, { what: 'two log lines that a template works again', timeoutMs: 20_000 });
  });

  test('Q2: the file stays while the metadata server is down, and follows again afterwards', async () => {
    // Of a port in the range of outgoing connections, another program may take the number while nothing listens there.
    const port = await freePort();
    const listen = [{ address: '127.0.0.1', port }];
    await server[Symbol.asyncDispose]();
    server = await startServer(TWO, { listen });
    const daemon = follow('-s', path('up.hbs'), '-d', path('up.conf'));
    await poll(async () => (await lines('up.conf')).length === 4, { what: 'the first file' });
    await server[Symbol.asyncDispose]();
    await poll(() => /metadata does not answer/.test(daemon.output()), { what: 'the log line about the outage' });
    expect((await lines('up.conf')).length).toBe(4);
    server = await startServer(THREE, { listen });
    resources.add('second metadata', () => server[Symbol.asyncDispose]());
    await poll(async () => (await lines('up.conf')).length === 5, { what: 'the file after the outage' });
  });
});
