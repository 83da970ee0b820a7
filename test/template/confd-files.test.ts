import { describe, expect, test } from 'vitest';
import { NO_SETTINGS, parseConfdSettings, parseResource } from '../../template/index.ts';

const RESOURCE = 'src = "a.tmpl"\ndest = "/etc/a.conf"\n';

function resource(more: string, place: { readonly prefix?: string; readonly syncOnly?: boolean } = {}) {
  const read = parseResource(`[template]\n${RESOURCE}${more}`, {
    path: 'a.toml',
    folder: '/etc/confd',
    prefix: null,
    syncOnly: false,
    ...place,
  });
  return read.ok ? read.template : read.problem;
}

describe('a resource of conf.d', () => {
  const prefixes: readonly (readonly [string, string | undefined, string])[] = [
    ['', undefined, '/'],
    ['prefix = "/app"', undefined, '/app'],
    ['prefix = "app/"', undefined, '/app'],
    ['', '/latest', '/latest'],
    ['prefix = "/app"', '/latest', '/latest'],
    ['prefix = "/app"', '/', '/'],
    ['prefix = "/app"', 'latest/self', '/latest/self'],
  ];
  test.each(prefixes)('%s with the global prefix %s reads below %s', (own, prefix, expected) => {
    expect(resource(own, prefix === undefined ? {} : { prefix })).toMatchObject({ prefix: expected });
  });

  test('names of keys are read without regard to case', () => {
    expect(resource('Keys = ["/x"]\nCheck_Cmd = "true"')).toMatchObject({ keys: ['/x'], check: 'true' });
  });

  test('src is below the folder of templates, also if it begins with a slash or is in a sub-folder', () => {
    const read = (src: string) =>
      parseResource(`[template]\nsrc = "${src}"\ndest = "/x"`, {
        path: 'a',
        folder: '/c',
        prefix: null,
        syncOnly: false,
      });
    expect(read('/sub/a.tmpl')).toMatchObject({ template: { source: '/c/templates/sub/a.tmpl' } });
    expect(read('../a.tmpl')).toMatchObject({ template: { source: '/c/a.tmpl' } });
  });

  test('sync-only leaves the commands out', () => {
    const commands = 'check_cmd = "a"\nreload_cmd = "b"';
    expect(resource(commands)).toMatchObject({ check: 'a', reload: 'b' });
    expect(resource(commands, { syncOnly: true })).toMatchObject({ check: null, reload: null });
  });

  test.each([
    ['0644', 0o644],
    ['644', 0o644],
    ['0o600', 0o600],
    ['', null],
  ])('mode %s', (text, mode) => {
    expect(resource(`mode = "${text}"`)).toMatchObject({ mode });
  });

  test('a wrong value is a problem of this file', () => {
    expect(resource('keys = "/x"')).toMatchObject({
      subject: 'a.toml',
      what: 'template.keys is not a list',
    });
    expect(resource('mode = "rw"')).toMatchObject({ what: "template.mode 'rw' is not an octal mode" });
  });
});

describe('confd.toml', () => {
  test('prefix, confdir, nodes, noop and sync-only are followed; the rest is ignored', () => {
    const text =
      'backend = "rancher"\nconfdir = "/opt/confd"\nnodes = ["10.0.0.1"]\nPrefix = "/latest"\nnoop = true\nsync-only = true\ninterval = 60\nwatch = true\n';
    expect(parseConfdSettings(text, 'confd.toml')).toEqual({
      settings: { prefix: '/latest', confdir: '/opt/confd', metadata: 'http://10.0.0.1', noop: true, syncOnly: true },
      problems: [],
    });
    expect(parseConfdSettings('', 'confd.toml')).toEqual({ settings: NO_SETTINGS, problems: [] });
  });

  test('the nodes of another backend are not asked', () => {
    expect(parseConfdSettings('backend = "etcd"\nnodes = ["http://etcd:4001"]\nprefix = "/a"', 'confd.toml')).toEqual({
      settings: { ...NO_SETTINGS, prefix: '/a' },
      problems: [expect.objectContaining({ what: 'the backend etcd is not used' })],
    });
  });

  test('a file that is not valid is a problem', () => {
    expect(parseConfdSettings('prefix = 1', 'confd.toml')).toMatchObject({ subject: 'confd.toml' });
    expect(parseConfdSettings('prefix =', 'confd.toml')).toMatchObject({ subject: 'confd.toml' });
  });
});
