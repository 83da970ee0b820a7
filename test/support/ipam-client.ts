import { request } from 'node:http';

/** Calls the IPAM driver as Docker does; rejects if the connection breaks before the reply is complete. */
export function askIpam(socketPath: string, method: string, body: object): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: `/IpamDriver.${method}`, method: 'POST', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.once('error', reject);
      response.once('end', () => resolve(JSON.parse(text)));
    });
    sent.once('error', reject);
    sent.end(JSON.stringify(body));
  });
}
