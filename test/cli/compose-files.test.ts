import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findComposeFiles } from '../../cli/support/compose-files.ts';
import { parseManifests, projectName } from '../../sources/index.ts';
import { composeConfig } from '../support/compose.ts';

const root = mkdtempSync(join(tmpdir(), 'drover-files-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A file that says where it was read. */
const said = (label: string, name = '') => `${name}services: {web: {image: a, labels: {${label}: x}}}\n`;

test.each([
  ['My Shop_1', '.', {}, ['compose.yml']],
  ['both', '.', {}, ['compose.yaml', 'compose.yml', 'docker-compose.yml']],
  ['override', '.', {}, ['compose.yml', 'compose.override.yml']],
  ['other-override', '.', {}, ['docker-compose.yaml', 'docker-compose.override.yml', 'compose.other.yml']],
  ['above', 'deep/er', {}, ['compose.yml', 'compose.override.yaml']],
  ['named', '.', { COMPOSE_FILE: 'a.yml:sub/b.yml' }, ['compose.yml', 'a.yml', 'sub/b.yml']],
  ['separator', '.', { COMPOSE_FILE: 'a.yml,b.yml', COMPOSE_PATH_SEPARATOR: ',' }, ['a.yml', 'b.yml']],
] as const)('without -f the files are those of Compose: %s', async (folder, cwd, env, files) => {
  const dir = join(root, folder, cwd);
  mkdirSync(dir, { recursive: true });
  for (const file of files) {
    mkdirSync(dirname(join(root, folder, file)), { recursive: true });
    writeFileSync(join(root, folder, file), said(file.replaceAll(/\W/g, '_')));
  }
  const { config, error } = await composeConfig(dir, { env });
  expect(config, error).not.toBeNull();
  const found = findComposeFiles(dir, env);
  const texts = (found?.paths ?? []).map((path) => ({ path, text: readFileSync(join(dir, path), 'utf8') }));
  expect(projectName(texts, {})).toBeNull();
  const { declarations } = parseManifests(texts, { stack: found?.folderName });
  expect(declarations.map(({ stack, labels }) => ({ stack, labels }))).toEqual([
    { stack: config?.name, labels: config?.services.web?.labels },
  ]);
});

test('without -f the rancher-compose.yml beside the Compose file is read, too', () => {
  const dir = join(root, 'rancher');
  mkdirSync(dir);
  for (const name of ['docker-compose.yml', 'rancher-compose.yml']) writeFileSync(join(dir, name), said('a'));
  expect(findComposeFiles(dir, {})?.paths).toEqual(['docker-compose.yml', 'rancher-compose.yml']);
  expect(findComposeFiles(join(root), {})).toBeNull();
});
