import { expect, test } from 'vitest';
import { ourSpelling } from '../../cli/support/original-flags.ts';

test.each([
  ['dns -answers a.yaml -ttl=60', 'dns --answers a.yaml --ttl=60'],
  ['dns --listenReload 127.0.0.1:8113', 'dns --listen-reload 127.0.0.1:8113'],
  ['dns -listenReload=:1 -debug', 'dns --listen-reload=:1 --debug'],
  ['dns -recurser-timeout 2 -never-recurse-to 10.0.0.1', 'dns --recurser-timeout 2 --never-recurse-to 10.0.0.1'],
  ['dns --config x -c y -h --bus-driver=consul', 'dns --config x -c y -h --bus-driver=consul'],
  ['dns -listening', 'dns -listening'],
  ['status -debug', 'status -debug'],
  ['', ''],
])('%s', (given, expected) => expect(ourSpelling(given.split(' ')).join(' ')).toBe(expected));
