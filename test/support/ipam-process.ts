import Docker from 'dockerode';
import { listDockerAddresses, serveIpam } from '../../overlay/index.ts';
import { createLog, systemClock } from '../../system/index.ts';

// The IPAM driver as a separate process: `node ipam-process.ts SOCKET DATABASE DOCKER_SOCKET '{"restMs":1000}'`.
const [listen = '', file = '', socketPath = '', settings = '{}'] = process.argv.slice(2);
const log = createLog('ipam', { level: 'info', format: 'json' });
const listUsed = listDockerAddresses(new Docker({ socketPath }));
const server = await serveIpam({ clock: systemClock, log, listUsed }, { listen, file, ...JSON.parse(settings) });
process.once('SIGTERM', () => void server.close());
console.log('ready');
