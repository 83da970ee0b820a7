import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Answers, createAnswersSource, parseAnswers, readAnswers } from '../../metadata/index.ts';

const YAML = `
2015-12-19:
  default: {name: old}
2016-07-29:
  default: &default
    name: new
    big: 18446744073709551615
    small: -7
    date: 2015-12-19
    yes: yes
    ratio: 1.5
  10.42.0.7:
    <<: *default
    self: {container: {name: me}}
`;

describe('parseAnswers()', () => {
  it('parses YAML like the original, and keeps dates as text', () => {
    const answers = parseAnswers(YAML, 'yaml') as Record<string, Record<string, unknown>>;
    expect(answers['2016-07-29']?.default).toEqual({
      name: 'new',
      big: 18446744073709551615n,
      small: -7,
      date: '2015-12-19',
      true: true,
      ratio: 1.5,
    });
    expect(answers['2016-07-29']?.['10.42.0.7']).toMatchObject({ name: 'new', self: { container: { name: 'me' } } });
  });

  it('keeps whole numbers of up to 64 bits exact, and rounds larger ones to a double', () => {
    const text =
      '{"v":{"default":{"a":9007199254740993,"b":-9223372036854775808,"c":1e2,"d":99999999999999999999,"e":1.0}}}';
    expect(parseAnswers(text)).toEqual({
      v: { default: { a: 9007199254740993n, b: -9223372036854775808n, c: 100, d: 1e20, e: 1 } },
    });
  });

  it.each(['[]', '1', 'null', '{"latest":[]}', '{"latest":null}'])('rejects %s and shows the expected form', (text) => {
    expect(() => parseAnswers(text)).toThrow('write it as version -> client address or `default` -> tree');
  });

  it('names a file that cannot be read or parsed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'drover-answers-'));
    try {
      await writeFile(join(dir, 'a.yml'), YAML);
      await writeFile(join(dir, 'b.json'), '{');
      await writeFile(join(dir, 'c.yaml'), 'a: [');
      expect(Object.keys(await readAnswers(join(dir, 'a.yml')))).toEqual(['2015-12-19', '2016-07-29']);
      for (const name of ['b.json', 'c.yaml', 'none.json']) {
        await expect(readAnswers(join(dir, name))).rejects.toThrow(join(dir, name));
      }
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe('createAnswersSource()', () => {
  const answers: Answers = {
    '2015-12-19': { default: { n: 1 }, '10.0.0.1': { n: 2 } },
    '2016-07-29': { default: { n: 3 } },
  };
  const source = createAnswersSource(() => answers);

  it('serves the tree of the client, else the default tree', () => {
    expect(source.treeFor('2015-12-19', '10.0.0.1')).toEqual({ n: 2 });
    expect(source.treeFor('2015-12-19', '10.0.0.2')).toEqual({ n: 1 });
    expect(source.treeFor('2015-12-19', 'toString')).toEqual({ n: 1 });
    expect(source.treeFor('2014-01-01', '10.0.0.1')).toBeUndefined();
  });

  it.each([
    ['adds the top-level keys that a client lacks', { own: 1 }, { own: 1, name: 'all', self: { host: 'h', x: 1 } }],
    ['replaces a key of default as a whole', { self: { host: 'me' } }, { name: 'all', self: { host: 'me' } }],
    ['keeps a key that the client sets to null', { name: null }, { name: null, self: { host: 'h', x: 1 } }],
    ['gives an empty entry everything', {}, { name: 'all', self: { host: 'h', x: 1 } }],
    ['leaves an entry that is not a map', [1], [1]],
  ])('merges default into an entry: %s', (_, entry, expected) => {
    const file: Answers = { v: { default: { name: 'all', self: { host: 'h', x: 1 } }, '10.0.0.1': entry } };
    expect(createAnswersSource(() => file).treeFor('v', '10.0.0.1')).toEqual(expected);
    expect(createAnswersSource(() => file).treeFor('latest', '10.0.0.2')).toEqual(
      file.v && (file.v as Answers).default,
    );
  });

  it('merges nothing if default is missing, is not a map, or is of another version', () => {
    const file: Answers = {
      a: { '10.0.0.1': { n: 1 } },
      b: { default: 7, '10.0.0.1': { n: 2 } },
      c: { default: { m: 3 } },
    };
    const source = createAnswersSource(() => file);
    expect(['a', 'b'].map((version) => source.treeFor(version, '10.0.0.1'))).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('takes the highest version as `latest`, and has no tree without data', () => {
    expect(source.treeFor('latest', '10.0.0.1')).toEqual({ n: 3 });
    expect(source.versions()).toEqual({
      '2015-12-19': '/2015-12-19',
      '2016-07-29': '/2016-07-29',
      latest: '/latest',
    });
    expect(createAnswersSource(() => ({})).treeFor('latest', '')).toBeNull();
  });
});
