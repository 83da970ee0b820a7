import type { Container } from '../../model/index.ts';
import { at, BRIDGE, CHECK, container, declaration, host, MANAGED, type World } from '../view/world.ts';

/** A service with a sidekick, an external service and a standalone container, on two hosts. Names are in mixed case. */
export const WEB_1: Container = container('web-1-id', 'Shop/Web', null, {
  name: 'Shop-Web-1',
  hostname: 'web1',
  serviceIndex: 1,
  health: 'healthy',
  addresses: [{ ...at(MANAGED, '10.42.1.7'), mac: '02:42:0a:2a:01:07' }, at(BRIDGE, '172.17.0.2')],
  ports: [
    { hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
    { hostAddress: '::', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
    { hostAddress: '10.0.0.9', hostPort: 81, containerPort: 81, protocol: 'udp' },
  ],
  labels: { 'a/b': 'x<y', 'spaced key': 'a b', 'com.docker.compose.container-number': '1' },
  dns: ['9.9.9.9'],
});

export const WEB_2: Container = container('web-2-id', 'Shop/Web', '10.42.2.7', {
  name: 'Shop-Web-2',
  hostId: 'b',
  serviceIndex: 2,
});

export const LOG_1: Container = container('log-1-id', 'Shop/Web/Log', '10.42.1.8', {
  name: 'Shop-Log-1',
  serviceIndex: 1,
});

export const ALONE: Container = container('alone-id', null, null, {
  name: 'Alone',
  addresses: [at(BRIDGE, '172.17.0.9')],
  state: 'stopped',
});

export const SHOP = {
  hosts: [
    host('a', {
      subnets: ['10.42.1.0/24'],
      labels: { 'spaced key': 'x' },
      milliCpu: 2000,
      memoryBytes: 8_000_000_000,
      localStorageMb: 100,
    }),
    host('b', { address: '192.0.2.2', subnets: ['10.42.2.0/24'] }),
  ],
  containers: [WEB_2, LOG_1, ALONE, WEB_1],
  declarations: [
    declaration('Shop/Web', {
      healthCheck: { ...CHECK, port: 8081, requestLine: 'GET / HTTP/1.0' },
      links: [{ target: 'Shop/DB', alias: 'mysql' }],
      metadata: '{"greeting":"hello","list":[{"name":"r1","id":1},{"name":"r2"}],"ratio":0.5}',
      sidekicks: ['Log'],
      scale: 2,
      ports: ['8080:80/tcp'],
      options: { token: 'secret' },
    }),
    declaration('Shop/DB', { kind: 'externalService', hostname: 'db.example.com.', externalIps: [] }),
  ],
} satisfies World;
