import { expect, test } from 'vitest';
import { nearestWord } from '../../model/index.ts';

const KEYS = ['health_check', 'lb_config', 'links', 'labels', 'external_ips', 'hostname', 'port'];

test.each([
  ['helth_check', 'health_check'],
  ['healthCheck', 'health_check'],
  ['health-check', 'health_check'],
  ['external_ip', 'external_ips'],
  ['lables', 'labels'],
  ['hostnmae', 'hostname'],
  ['prot', 'port'],
  ['--external-ip', 'external_ips'],
  ['LB_CONFIG', 'lb_config'],
  ['wholly_other', null],
  ['x', null],
  ['', null],
])('nearestWord(%j) is %j', (word, expected) => {
  expect(nearestWord(word, KEYS)).toBe(expected);
});
