import { request } from 'node:http';

/** Asks the address driver as Docker does; rejects when the connection breaks before the answer is whole. */
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
