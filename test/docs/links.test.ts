import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { checkoutFiles } from '../../scripts/checkout-files.ts';

const pages = checkoutFiles().filter((file) => file.endsWith('.md'));

/** The anchor that Markdown renderers derive from a heading. */
function anchorOf(heading: string): string {
  const text = heading.toLowerCase().replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '');
  return text.replaceAll(' ', '-');
}

function anchorsOf(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

test.each(pages)('%s links only to pages and headings that exist', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test.each(pages)('%s names only files that exist', (page) => {
  const names = [...readFileSync(page, 'utf8').matchAll(/`((?:[a-z0-9-]+\/)+[\w.-]+\.(?:ts|md|c|sh))`/g)].map(
    ([, name = '']) => name,
  );
  const candidates = (name: string) => [name, join(dirname(page), name)];
  expect(names.filter((name) => !candidates(name).some((path) => existsSync(path)))).toEqual([]);
});
