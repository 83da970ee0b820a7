import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-cli-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Runs a command without an agent, in empty directories. */
async function drover(...args: readonly string[]) {
  const env = { DROVER_RUN_DIR: join(dir, 'run'), DROVER_DATA_DIR: join(dir, 'data'), COLUMNS: '80' };
  const { exitCode, stdout, stderr } = await execa('bin/drover', [...args], { reject: false, env });
  return { exitCode, stdout, stderr };
}

const COMMANDS = [
  'agent',
  'status',
  'services',
  'containers',
  'hosts',
  'health',
  'lb',
  'overlay',
  'apply',
  'get',
  'rm',
  'roll',
  'doctor',
  'config',
  'why',
  'plan',
  'confirm',
  'forget',
  'down',
  'dns',
  'metadata',
  'template',
  'completion',
  'version',
];

test('drover --help lists every command and the exit codes', async () => {
  const { exitCode, stdout } = await drover('--help');
  expect(exitCode).toBe(0);
  expect(stdout).toMatchSnapshot();
});

test.each(COMMANDS)('drover %s --help has a description and examples', async (command) => {
  const { exitCode, stdout } = await drover(command, '--help');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/Examples:\n {2}drover /);
  expect(stdout).toMatchSnapshot();
});

test('a reader that ends before the text, such as `head`, is no error', async () => {
  const { stderr } = await execa('sh', ['-c', 'bin/drover --help | true']);
  expect(stderr).toBe('');
});

test.each([
  ['no command', []],
  ['an unknown command', ['nonsense']],
  ['an unknown setting', ['status', '--bus-drivr', 'consul']],
  ['an invalid value', ['status', '--bus-driver', 'etcd']],
  ['a stray argument', ['hosts', 'web']],
])('%s is reported with exit code 64', async (_what, args) => {
  const { exitCode, stderr } = await drover(...args);
  expect(exitCode).toBe(64);
  expect(stderr).not.toBe('');
});

test('all errors of a configuration file are reported at once, each with its line', async () => {
  const path = join(dir, 'bad.yaml');
  await writeFile(path, 'environmnt: x\nbus:\n  driver: etcd\n');
  const { exitCode, stderr } = await drover('status', '--config', path);
  expect(exitCode).toBe(64);
  expect(stderr).toMatch(/^drover: .*bad\.yaml:1 environmnt: .*environment/m);
  expect(stderr).toMatch(/^drover: .*bad\.yaml:3 bus\.driver: /m);
});

test('without an agent, status exits with 2 and listings say how to start it', async () => {
  const status = await drover('status');
  expect(status.exitCode).toBe(2);
  expect(status.stdout).toMatch(/NOT RUNNING[\s\S]*The agent is not running\. Start it: `drover agent`\.$/);
  const { exitCode, stderr } = await drover('services');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/agent at .* is not running, and this host has no saved state; start it: `drover agent`/);
});

test('drover why takes its argument before flags; an unknown record type is invalid usage', async () => {
  const away = await drover('why', 'dns', 'web.shop', '--type', 'srv', '--from', 'shop-web-1');
  expect(away).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/is not running, and this host has no saved state/),
  });
  const bad = await drover('why', 'dns', 'web.shop', '--type', 'nonsense');
  expect(bad).toMatchObject({ exitCode: 64, stderr: expect.stringMatching(/--type nonsense: is not a record type/) });
  expect(await drover('why', 'lb', 'web.shop')).toMatchObject({
    exitCode: 64,
    stderr: expect.stringMatching(/web\.shop: is not a URL of a load balancer; write it like http:/),
  });
  expect(await drover('why', 'lb', 'http://web.shop/', '--json')).toMatchObject({ exitCode: 2 });
  expect(await drover('why', 'metadata')).toMatchObject({ exitCode: 64 });
  expect(await drover('why', 'metadata', 'self', '--type', 'A')).toMatchObject({ exitCode: 64 });
  expect(await drover('why', 'metadata', 'self/host', '--from', 'x')).toMatchObject({ exitCode: 2 });
  expect(await drover('why', 'dns', 'web.shop', '--dns-compat-search', '--nonsense')).toMatchObject({ exitCode: 64 });
});

test('a misspelled flag is named with the flag that was meant, of the command or of the settings', async () => {
  expect((await drover('status', '--jsn')).stderr).toMatch(/flag --jsn: is not known; did you mean --json\?/);
  expect((await drover('status', '--bus-drivr', 'x')).stderr).toMatch(/--bus-drivr: .*did you mean --bus-driver\?/);
});

test('drover config check: 0 and the name of the file, or 64 and every problem', async () => {
  const path = join(dir, 'checked.yaml');
  await writeFile(path, 'dns:\n  ttlSeconds: 2\n');
  expect(await drover('config', 'check', '-c', path)).toEqual({ exitCode: 0, stdout: `${path} is valid.`, stderr: '' });
  await writeFile(path, 'dns:\n  ttlSeconds: 99\n  adress: 1.2.3.4\n');
  const { exitCode, stderr } = await drover('config', 'check', '--config', path);
  expect({ exitCode, lines: stderr.split('\n').length }).toEqual({ exitCode: 64, lines: 2 });
  expect(await drover('config')).toMatchObject({ exitCode: 64, stderr: expect.stringMatching(/check/) });
});

test('drover completion bash completes commands, subcommands and options', async () => {
  const { stdout: script } = await drover('completion', 'bash');
  const complete = async (...words: readonly string[]): Promise<string> => {
    const typed = `COMP_WORDS=(drover ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
    const { stdout } = await execa('bash', ['-c', `${script}\n${typed}; _drover; echo "\${COMPREPLY[*]}"`]);
    return stdout;
  };
  expect(await complete('con')).toBe('containers config confirm');
  expect(await complete('why', '')).toBe('dns metadata lb path --help');
  expect(await complete('lb', '')).toBe('config --json --watch --config --help');
  expect(await complete('why', 'dns', '--ty')).toBe('--type');
  expect(await complete('services', 'nothing-like-this')).toBe('');
  expect((await drover('completion', 'zsh')).stdout).toMatch(/^autoload -U \+X bashcompinit && bashcompinit\n/);
  expect((await drover('completion', 'tcsh')).exitCode).toBe(64);
});

test('drover version works through a symbolic link from any directory', async () => {
  const link = join(dir, 'drover');
  await symlink(resolve('bin/drover'), link);
  const { stdout } = await execa(link, ['version', '--json'], { cwd: '/' });
  expect(JSON.parse(stdout)).toMatchObject({ drover: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  const flag = await drover('--version');
  expect(flag).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^drover \d+\.\d+\.\d+ \(node /) });
});
