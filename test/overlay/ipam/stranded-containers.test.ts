import { expect, test } from 'vitest';
import { strandedBy } from '../../../overlay/ipam/stranded-containers.ts';

const OLD = 'Post "http://%2Frun%2Fdocker%2Fplugins%2Fdrover.sock';
const NEW = 'Post "http://plugin.moby.localhost';
const REFUSED = 'dial unix /run/docker/plugins/drover.sock: connect: connection refused';

test.each([
  ['driver', '20.10 with a stale socket', `${OLD}/IpamDriver.RequestAddress": ${REFUSED}`],
  ['driver', 'a newer engine with a stale socket', `${NEW}/IpamDriver.RequestAddress": ${REFUSED}`],
  ['driver', '20.10 after a restart', `legacy plugin: ${OLD}/Plugin.Activate": ${REFUSED}`],
  ['driver', 'a newer engine after a restart', `legacy plugin: ${NEW}/Plugin.Activate": ${REFUSED}`],
  ['driver', 'the driver killed during the request', `${NEW}/IpamDriver.RequestAddress": EOF`],
  ['driver', 'after a restart without a socket', 'plugin "drover" not found'],
  ['driver', 'earlier engines without a socket', 'legacy plugin: plugin not found'],
  ['driver', 'a fault of the driver', "IpamDriver.RequestAddress: Drover's IPAM driver failed: disk full"],
  [
    'address',
    'an exhausted pool',
    'IpamDriver.RequestAddress: address pool 10.42.1.0/28: exhausted: all addresses are in use; stop',
  ],
  [null, 'no error', ''],
  [null, 'a missing program', 'OCI runtime create failed: exec: "nope": executable file not found in $PATH: unknown'],
  [
    null,
    'a port in use',
    'driver failed programming external connectivity on endpoint web: Bind for 0.0.0.0:80 failed',
  ],
  [null, 'another plugin', 'error looking up volume plugin rexray: legacy plugin: plugin "rexray" not found'],
  [
    null,
    'a volume plugin of earlier engines',
    'error looking up volume plugin rexray: legacy plugin: plugin not found',
  ],
  [null, 'another network plugin', 'legacy plugin: plugin "weave" not found'],
] as const)('strandedBy() is %s for %s', (reason, _title, error) => {
  expect(strandedBy(error)).toBe(reason);
});
