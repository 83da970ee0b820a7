import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MANIFEST_PAGE, renderManifestPage } from '../../../scripts/manifest-reference.ts';
import { serviceSchema } from '../../../sources/manifest/convert/service-schema.ts';
import { parseManifest, readerOf, USED_KEYS } from '../../../sources/manifest/index.ts';

test(`${MANIFEST_PAGE} lists every key (else: node scripts/write-manifest-reference.ts)`, () => {
  expect(readFileSync(MANIFEST_PAGE, 'utf8')).toBe(renderManifestPage());
});

test('the documented keys are the keys that Drover reads', () => {
  expect(USED_KEYS.map(({ key }) => key).sort()).toEqual([...Object.keys(serviceSchema.shape), 'extends'].sort());
});

test('the examples of the page are valid', () => {
  const blocks = [...readFileSync(MANIFEST_PAGE, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    (match) => match[1] ?? '',
  );
  const [pair = '', ...others] = blocks;
  const columns = [pair.split('\n').map((line) => line.slice(0, 46)), pair.split('\n').map((line) => line.slice(46))];
  const files = columns.map((lines, index) => ({ path: `${index}.yml`, text: lines.join('\n') }));
  expect(files.flatMap(({ path, text }) => parseManifest(text, path, { stack: 'guestbook' }).problems)).toMatchObject([
    { what: 'is an external service without an address or a host name' },
  ]);
  for (const block of others) expect(parseManifest(block, 'example.yml').problems).toEqual([]);
});

test.each([
  ['environment', 'runtime'],
  ['network_mode', 'runtime'],
  ['healthcheck', 'runtime'],
  ['upgrade_strategy', 'scheduler'],
  ['deploy', 'scheduler'],
  ['health_check', 'drover'],
  ['nothing', null],
])('%s is for %s', (key, reader) => {
  expect(readerOf(key)).toBe(reader);
});
