import { readFileSync } from 'node:fs';
import { Agent as HttpsAgent } from 'node:https';
import Consul from 'consul';
import { http } from '../../../system/index.ts';
import { withAnswerChecks } from './answer-checks.ts';
import type { ConsulSettings } from './schema.ts';

interface Client {
  readonly address: string;
  readonly consul: Consul;
}

/** Selects one of the configured Consul addresses, and the next one after a failure. */
export interface Connection {
  current(): Client;
  /** Selects the next address, unless this client is no longer the current one. */
  failed(consul: Consul): void;
  /** Closes all sockets. */
  close(): void;
}

/** Reads the certificates. Throws if it cannot read a file. */
export function createConnection(settings: ConsulSettings): Connection {
  const tls = {
    ...(settings.caFile ? { ca: readPem(settings.caFile, 'certificate authority') } : {}),
    ...(settings.certFile ? { cert: readPem(settings.certFile, 'client certificate') } : {}),
    ...(settings.keyFile ? { key: readPem(settings.keyFile, 'key of the client certificate') } : {}),
  };
  const clients = settings.address.map((address) => createClient(address, settings, tls));
  let at = 0;
  const current = (): Client => clients[at] as Client;
  return {
    current,
    failed: (consul) => {
      if (current().consul === consul) at = (at + 1) % clients.length;
    },
    close: () => {
      for (const { consul } of clients) consul.destroy();
    },
  };
}

function createClient(address: string, settings: ConsulSettings, tls: object): Client {
  const url = new URL(address);
  const secure = url.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true, ...tls }) : new http.Agent({ keepAlive: true });
  const consul = new Consul({
    host: url.hostname,
    port: Number(url.port) || (secure ? 443 : 80),
    secure,
    agent,
    defaults: {
      ...(settings.token ? { token: settings.token } : {}),
      ...(settings.datacenter ? { dc: settings.datacenter } : {}),
    },
  });
  return { address, consul: withAnswerChecks(consul) };
}

function readPem(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`cannot read the ${what} for Consul from ${file}: configure a readable PEM file`, { cause });
  }
}
