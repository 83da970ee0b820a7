import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderLabelTable } from '../../../sources/docker/convert/label-table.ts';
import { serviceOf } from '../../../sources/docker/convert/labels.ts';

function read(labels: Record<string, string>, name = 'c1'): string {
  const { identity, problem } = serviceOf(labels, name, `container 0123456789ab ${name}`);
  const { stack, service, primaryService, serviceIndex } = identity;
  const text = service === null ? 'standalone' : `${stack}/${service} of ${primaryService} #${serviceIndex}`;
  return problem ? `${text} | ${problem.subject}: ${problem.what}; ${problem.hint}` : text;
}

const compose = {
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': 'web',
  'com.docker.compose.container-number': '2',
};
const rancher = 'io.rancher.stack_service.name';

test.each([
  ['no labels', {}, 'standalone'],
  ['Compose', compose, 'shop/web of web #2'],
  ['Compose v1, without a number', { ...compose, 'com.docker.compose.container-number': '' }, 'shop/web of web #null'],
  ['`docker compose run`', { ...compose, 'com.docker.compose.oneoff': 'True' }, 'standalone'],
  ['Rancher', { [rancher]: 'Shop/Web', 'io.rancher.container.name': 'Shop-Web-3' }, 'Shop/Web of Web #3'],
  [
    'a sidekick of Rancher',
    { [rancher]: 'shop/web/log', 'io.rancher.container.name': 'shop-web-log-1' },
    'shop/log of web #1',
  ],
  ['Rancher 1.0', { 'io.rancher.project_service.name': 'shop/db' }, 'shop/db of db #null'],
  ['Rancher before Compose', { ...compose, [rancher]: 'r/s' }, 'r/s of s #null'],
  [
    'a Swarm stack',
    {
      'com.docker.stack.namespace': 'shop',
      'com.docker.swarm.service.name': 'shop_web',
      'com.docker.swarm.task.name': 'shop_web.4.k2x9',
    },
    'shop/web of web #4',
  ],
  ['a Swarm service without stack', { 'com.docker.swarm.service.name': 'web' }, 'default/web of web #null'],
  ['Drover', { 'drover.stack': 'a', 'drover.service': 'b', 'drover.index': '7' }, 'a/b of b #7'],
  ['a sidekick of Drover', { 'drover.stack': 'a', 'drover.service': 'log', 'drover.primary': 'b' }, 'a/log of b #null'],
  ['Drover over Compose: the service only', { ...compose, 'drover.service': 'api' }, 'shop/api of api #2'],
  ['Drover over Compose: the stack only', { ...compose, 'drover.stack': 'prod' }, 'prod/web of web #2'],
  [
    'Drover for a one-off',
    { ...compose, 'com.docker.compose.oneoff': 'True', 'drover.stack': 'a', 'drover.service': 'b' },
    'a/b of b #null',
  ],
  ['only the stack of Rancher: not malformed', { 'io.rancher.stack.name': 'shop' }, 'standalone'],
])('%s', (_title, labels, expected) => {
  expect(read(labels as Record<string, string>)).toBe(expected);
});

test("Rancher's index comes from Docker's name when its own label is missing", () => {
  expect(read({ [rancher]: 'shop/web' }, 'r-shop-web-12-1a2b3c4d')).toBe('shop/web of web #12');
});

test.each([
  [{ [rancher]: 'shop' }, '`io.rancher.stack_service.name` is "shop", not `stack/service` or `stack/service/sidekick`'],
  [{ [rancher]: 'a/b/c/d' }, '`io.rancher.stack_service.name` is "a/b/c/d", not'],
  [
    { [rancher]: '/' },
    'the stack name "" (labels of Rancher 1.2 and newer, `io.rancher.stack_service.name`) is not 1 to 255',
  ],
  [{ 'drover.service': 'x' }, '`drover.service` names a service but nothing names its stack'],
  [{ 'drover.stack': 'x'.repeat(256), 'drover.service': 'b' }, 'is not 1 to 255 letters'],
  [{ 'drover.stack': 'x' }, '`drover.stack` names a stack but nothing names its service'],
  [{ 'drover.stack': 'x', 'drover.service': 'a.b' }, 'the service name "a.b"'],
  [{ 'drover.stack': 'x', 'drover.service': 'b', 'drover.primary': '-' }, 'the primary service name "-"'],
  [{ 'com.docker.compose.service': 'web' }, 'the label `com.docker.compose.project` is missing'],
])(
  '%j is one problem with the container, the label and the hint; the container is listed all the same',
  (labels, what) => {
    const text = read(labels as Record<string, string>);
    expect(text).toContain('standalone | container 0123456789ab c1: ');
    expect(text).toContain(what);
    expect(text).toContain('it is listed without a service; correct the label, and recreate the container');
  },
);

test('after an invalid rule the next one decides, and the problem says so', () => {
  const text = read({ ...compose, [rancher]: 'nonsense', 'drover.service': 'x y' });
  expect(text).toMatch(/^shop\/web of web #2 \| .*the service name "x y".*until then it counts as shop\/web/);
});

test('a name of 10 kB is not repeated in full', () => {
  expect(read({ 'drover.stack': 'x', 'drover.service': 'y'.repeat(10_240) }).length).toBeLessThan(500);
});

test('docs/labels.md has the table of the rules', () => {
  expect(readFileSync('docs/labels.md', 'utf8')).toContain(renderLabelTable());
});
