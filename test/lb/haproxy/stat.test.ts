import { expect, test } from 'vitest';
import { backendRows } from '../../../lb/haproxy/stat.ts';
import { row } from '../../agent/lb/tables.ts';

test('backendRows() gives lines the names of backends, the section of now last, and leaves out spare sections', () => {
  const names = new Map([
    ['80', '80'],
    ['web', 'web/1'],
    ['drover:spare-plain-1', 'api/1'],
    ['drover:spare-plain-2', 'web/2'],
    ['fix', 'fix'],
    ['drover:names', '-'],
    ['drover:spare-plain-3', '-'],
  ]);
  const sections = new Map([
    ['web', 'web'],
    ['api', 'drover:spare-plain-1'],
    ['fix', 'fix'],
  ]);
  const proxies = [
    '80',
    'web',
    'fix',
    'own',
    'drover:names',
    'drover:newest-80',
    ...[1, 2, 3].map((at) => `drover:spare-plain-${at}`),
  ];
  const rows = proxies.map((name, at) => row(name, 'BACKEND', { scur: String(at) }));
  expect(backendRows(rows, names, sections).map(({ pxname, scur }) => `${scur} ${pxname}`)).toEqual([
    '0 80',
    '3 own',
    '7 web',
    '1 web',
    '2 fix',
    '6 api',
  ]);
});
