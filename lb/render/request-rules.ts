import type { ListenerProtocol } from '../../model/index.ts';

/**
 * What every HTTP request gets. In the frontend, because rules of a thousand backends would not stay in the caches of the CPU; also in
 * the backends of a balancer with own text, whose frontends can use them.
 */
export function requestRules(protocol: ListenerProtocol): readonly string[] {
  return [
    'http-request disable-l7-retry unless { method GET HEAD OPTIONS TRACE PUT DELETE }',
    `http-request add-header X-Forwarded-Proto ${protocol} unless { req.hdr(X-Forwarded-Proto) -m found }`,
    'http-request add-header X-Forwarded-Port %[dst_port] unless { req.hdr(X-Forwarded-Port) -m found }',
    'http-request add-header X-Forwarded-Host %[req.fhdr(host)] unless { req.hdr(X-Forwarded-Host) -m found } || ! { req.fhdr(host) -m found }',
  ];
}
