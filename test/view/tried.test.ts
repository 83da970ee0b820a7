import { expect, test } from 'vitest';
import { lookupName, scopeOf, viewOf } from '../../view/index.ts';
import { container, declaration, links, snapshot } from './world.ts';

const WEB = container('c1', 's/web', '10.42.1.1', { name: 's-web-1' });
const VIEW = viewOf(
  snapshot({
    containers: [
      WEB,
      container('c2', 'c/a.b', '10.42.1.2', { name: 'job' }),
      container('c3', 'c/b/a', '10.42.1.3', { name: 'job' }),
    ],
    declarations: [
      declaration('s/web', { links: links({ target: 's/site', alias: 'linked' }) }),
      declaration('s/site', { kind: 'externalService', hostname: 'www.example.com.' }),
    ],
  }),
  'a',
);

/** Each name that was tried: where, what it is, and whether it was chosen. */
function tried(name: string): readonly string[] {
  const lines: string[] = [];
  lookupName(VIEW, scopeOf(VIEW, WEB), name, 'own', {
    depends: () => {},
    tried: ({ relative, among, found, chosen }) =>
      lines.push(`${relative} ${among}: ${found}${chosen ? ', chosen' : ''}`),
  });
  return lines;
}

test.each<[string, readonly string[]]>([
  ['web.rancher.internal', ['web names: no such name']],
  ['web.s.rancher.internal', ['web.s names: service s/web, chosen']],
  ['a.b.c.rancher.internal', ['a.b.c names: service c/a.b and service c/b/a, chosen']],
  ['s.rancher.internal', ['s names: no records, but names below it, chosen']],
  ['s-web-1.rancher.internal', ['s-web-1 names: container s-web-1, chosen']],
  ['job.rancher.internal', ['job names: 2 containers, chosen']],
  ['a.host.rancher.internal', ['a.host names: host a.host, chosen']],
  ['rancher-metadata.rancher.internal', ['rancher-metadata names: the metadata service, chosen']],
  ['site.s.rancher.internal', ['site.s names: service s/site, another name for www.example.com., chosen']],
  ['linked', ['linked.s links: service s/site, another name for www.example.com., chosen']],
  ['web', ['web.web.s names: no such name', 'web.s names: service s/web, chosen']],
  ['s', ['s.web.s names: no such name', 's.s names: no such name', 's names: no records, but names below it']],
])('lookupName(%j) reports the names that it tried', (name, expected) => {
  expect(tried(name)).toEqual(expected);
});
