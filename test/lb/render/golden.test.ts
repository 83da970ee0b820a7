import { expect, test } from 'vitest';
import { createRenderer } from '../../../lb/render/index.ts';
import { NO_RULE_OPTIONS } from '../../../model/index.ts';
import { backend, listener, rule, SETTINGS, server, table, withoutSpares } from './tables.ts';

// Every line of the templates. test/real/lb/manners.test.ts proves what they do.

const exact = (text: string) => ({ kind: 'exact' as const, text });

test('renderConfig() writes all options', async () => {
  const lb = table({
    listeners: [
      listener(443, {
        protocol: 'https',
        acceptProxy: true,
        accessLog: true,
        errorPage: '<h1>nobody home</h1>',
        certificates: { names: ['a'], default: 'a' },
        rules: [
          rule('shop/front#1', { host: exact("it's.test"), path: { kind: 'regex', text: '^/a\\.b$' }, backend: 'all' }),
          rule('shop/front#2', { path: { kind: 'segment', text: '/api' }, backend: 'all' }),
        ],
      }),
      listener(6000, { protocol: 'tls', certificates: { names: [], default: null }, accessLog: true }),
      listener(8443, {
        protocol: 'sni',
        accessLog: true,
        rules: [rule('shop/front#3', { host: { kind: 'prefix', text: 'www.' }, backend: 'tcp' })],
      }),
    ],
    backends: [
      backend('all', {
        protocol: 'https',
        options: {
          ...{ proto: 'h2', redirectHttps: true, gzip: true, basicAuth: ["ann o'x:$5$salt$hash"], maxBodyBytes: 100 },
          ...{ serverTimeoutMs: 1_000, tunnelTimeoutMs: 2_000, forwarded: true, sendProxy: 'v2', balance: 'source' },
        },
        stickiness: {
          ...{ name: null, cookie: 'id', domain: 'a.test', mode: 'insert' },
          ...{ indirect: true, nocache: true, postonly: true },
        },
        servers: [server('10.0.0.1', 80)],
        namedServers: [{ hostname: 'ext.example.com', port: 80, weight: 3, service: 'shop/ext' }],
      }),
      backend('redirect', { options: { ...NO_RULE_OPTIONS, redirectHttps: true, maxBodyBytes: 1e6 } }),
      backend('tcp', { protocol: 'sni', servers: [server('10.0.0.2', 443)] }),
    ],
  });
  const certificates = new Map([['a', { file: '/run/drover/lb/certs/a.pem' }]]);
  const { files, problems } = await createRenderer()(lb, { ...SETTINGS, certificates, reachable: true });
  expect(problems).toEqual([]);
  const text = (files.get('haproxy.cfg') ?? '').replaceAll(/(drover|maps.*?)-[0-9a-f]{16}/g, '$1-HASH');
  expect(withoutSpares(text)).toMatchInlineSnapshot(`
    "# Written by Drover. It is replaced whenever the load balancer changes.
    global
      description drover-HASH
      # Files without a leading slash are beside this one.
      default-path config
      stats socket /run/drover/lb/admin.sock mode 600 level admin expose-fd listeners
      stats timeout 1m
      log stdout len 16384 format raw local0
      uid 65534
      gid 65534
      hard-stop-after 30000ms
      fd-hard-limit 131072
      tune.ssl.default-dh-param 2048
      ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets prefer-client-ciphers
      ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305
      ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256

    defaults drover
      timeout connect 5s
      timeout client 50s
      timeout server 50s
      timeout http-request 10s
      timeout http-keep-alive 60s
      timeout queue 5s
      timeout tunnel 1h
      retries 3
      option redispatch 1

    resolvers drover
      parse-resolv-conf
      accepted_payload_size 8192
      hold valid 10s

    frontend 443 from drover
      bind 0.0.0.0:443 accept-proxy ssl crt /run/drover/lb/certs/a.pem alpn h2,http/1.1
      bind [::]:443 v6only accept-proxy ssl crt /run/drover/lb/certs/a.pem alpn h2,http/1.1
      bind unix@/run/drover/lb/443.sock accept-proxy mode 600 uid 65534
      mode http
      # After a reload, a kept connection of a client gets one more reply, and ends with it. Otherwise it would break under a request that is on its way.
      option idle-close-on-response
      log global
      option dontlognull
      log-format '{"time":%Ts%ms,"port":%fp,"client":"%ci","clientPort":%cp,"backend":"%[be_name,map_str(maps/names-HASH.map),field(1,/)]","server":"%s","durationMs":%Tt,"end":"%ts","method":"%[var(txn.method),bytes(0,32),json(utf8s)]","host":"%[var(txn.host),bytes(0,255),json(utf8s)]","uri":"%[var(txn.uri),bytes(0,1024),json(utf8s)]","status":%ST,"sentBytes":%B,"userAgent":"%[var(txn.user_agent),bytes(0,255),json(utf8s)]","requestId":"%[var(txn.request_id),bytes(0,255),json(utf8s)]"}'
      http-error status 503 content-type 'text/html; charset=utf-8' file errors/1b4340eef211bffb.html
      http-request add-header X-Request-ID %[uuid()] unless { req.hdr(X-Request-ID) -m found }
      http-request disable-l7-retry unless { method GET HEAD OPTIONS TRACE PUT DELETE }
      http-request add-header X-Forwarded-Proto https unless { req.hdr(X-Forwarded-Proto) -m found }
      http-request add-header X-Forwarded-Port %[dst_port] unless { req.hdr(X-Forwarded-Port) -m found }
      http-request add-header X-Forwarded-Host %[req.fhdr(host)] unless { req.hdr(X-Forwarded-Host) -m found } || ! { req.fhdr(host) -m found }
      # Maps may be asked with host and path in one text. A slash in the host would make another path of it.
      http-request deny deny_status 400 if { req.fhdr(host) -m sub / }
      http-request set-var(txn.host) str()
      http-request set-var(txn.host) req.fhdr(host),host_only,rtrim(.)
      # A request without a path (OPTIONS *) leaves this one.
      http-request set-var(txn.raw_path) str(/)
      http-request set-var(txn.raw_path) path
      # A request without a path (OPTIONS *) leaves this one.
      http-request set-var(txn.path) str(/)
      http-request set-var(txn.path) path,lower
      http-request set-var(txn.section) var(txn.host),concat(,txn.path),map_beg(maps/paths-443-HASH.map)
      http-request set-var(txn.method) method
      http-request set-var(txn.uri) pathq
      http-request set-var(txn.user_agent) req.fhdr(user-agent)
      http-request set-var(txn.request_id) req.fhdr(x-request-id)
      # The worker before a reload has old rules and endpoints.
      http-request set-log-level silent if { stopping }
      use_backend drover:newest-443 if { stopping }
      use_backend %[var(txn.section)] if { var(txn.section) -m found }
      use_backend all if { var(txn.host) -m str 'it'\\''s.test' } { var(txn.raw_path) -m reg '^/a\\.b$' }
      use_backend all if { var(txn.path),concat(/) -m beg /api/ }

    backend drover:newest-443 from drover
      mode http
      timeout server 1h
      server worker unix@/run/drover/lb/443.sock send-proxy-v2

    frontend 6000 from drover
      bind 0.0.0.0:6000 ssl crt-list /run/drover/lb/certs/all.list strict-sni
      bind [::]:6000 v6only ssl crt-list /run/drover/lb/certs/all.list strict-sni
      mode tcp
      log global
      option dontlognull
      log-format '{"time":%Ts%ms,"port":%fp,"client":"%ci","clientPort":%cp,"backend":"%[be_name,map_str(maps/names-HASH.map),field(1,/)]","server":"%s","durationMs":%Tt,"end":"%ts","receivedBytes":%U,"sentBytes":%B}'

    frontend 8443 from drover
      bind 0.0.0.0:8443
      bind [::]:8443 v6only
      mode tcp
      log global
      option dontlognull
      log-format '{"time":%Ts%ms,"port":%fp,"client":"%ci","clientPort":%cp,"backend":"%[be_name,map_str(maps/names-HASH.map),field(1,/)]","server":"%s","durationMs":%Tt,"end":"%ts","receivedBytes":%U,"sentBytes":%B,"host":"%[var(txn.host),bytes(0,255),json(utf8s)]"}'
      tcp-request inspect-delay 5s
      tcp-request content set-var(txn.host) req.ssl_sni,lower,rtrim(.) if { req.ssl_hello_type 1 }
      tcp-request content accept if { req.ssl_hello_type 1 }
      use_backend tcp if { var(txn.host) -m beg www. }

    userlist all
      user 'ann o'\\''x' password '$5$salt$hash'

    backend all from drover
      mode http
      balance source
      # Servers can be added at run time with this hash only.
      hash-type consistent
      option forwardfor
      # A request that may be sent twice goes to another server if the first one closes the connection without an answer.
      retry-on conn-failure empty-response
      timeout server 1000ms
      timeout tunnel 2000ms
      cookie id insert indirect nocache postonly domain a.test dynamic
      dynamic-cookie-key all
      compression algo gzip
      compression type text/html text/plain text/css text/xml text/javascript application/javascript application/json application/xml application/wasm image/svg+xml
      http-request auth realm Restricted unless { http_auth(all) }
      # A body without a length cannot be counted while it passes, so it must fit into the buffer, beside the headers.
      http-request wait-for-body time 10s at-least 101 unless { req.hdr(content-length) -m found }
      http-request deny deny_status 413 if { req.body_size gt 100 }
      http-request deny deny_status 413 if { req.body_len ge 101 } ! { req.hdr(content-length) -m found }
      http-request deny deny_status 413 if { req.body_len gt 0 } { req.hdrs,length gt 6000 } ! { req.hdr(content-length) -m found }
      http-request add-header Forwarded 'for=%[src];host="%[req.fhdr(host),json(utf8s)]";proto=https' unless { src -m sub : }
      http-request add-header Forwarded 'for="[%[src]]";host="%[req.fhdr(host),json(utf8s)]";proto=https' if { src -m sub : }
      server ext.example.com:80 ext.example.com:80 id 1792768201 weight 3 proto h2 send-proxy-v2 resolvers drover resolve-prefer ipv4 init-addr last,libc,none
      server 10.0.0.1:80 10.0.0.1:80 id 1482263895 weight 1 proto h2 send-proxy-v2

    backend redirect from drover
      mode http
      balance roundrobin
      # Servers can be added at run time with this hash only.
      hash-type consistent
      option forwardfor
      # A request that may be sent twice goes to another server if the first one closes the connection without an answer.
      retry-on conn-failure empty-response
      http-request redirect location https://%[var(txn.host)]%[pathq] code 301 if { method GET }
      http-request redirect location https://%[var(txn.host)]%[pathq] code 308 unless { method GET }
      # A body without a length cannot be counted while it passes, so it must fit into the buffer, beside the headers.
      http-request wait-for-body time 10s at-least 8192 unless { req.hdr(content-length) -m found }
      http-request deny deny_status 413 if { req.body_size gt 1000000 }
      http-request deny deny_status 413 if { req.body_len ge 8192 } ! { req.hdr(content-length) -m found }
      http-request deny deny_status 413 if { req.body_len gt 0 } { req.hdrs,length gt 6000 } ! { req.hdr(content-length) -m found }

    backend tcp from drover
      mode tcp
      balance roundrobin
      # Servers can be added at run time with this hash only.
      hash-type consistent
      server 10.0.0.2:443 10.0.0.2:443 id 798619632 weight 1

    # The backends that sections are for. A backend that comes at run time gets one of the spare sections below.
    backend drover:names from drover
      mode http
      http-request set-var(txn.section) be_name,map_str(maps/names-HASH.map)
      http-request set-var(txn.section) var(txn.host),concat(,txn.path),map_beg(maps/paths-443-HASH.map)"
  `);
  const spares = text.slice(text.indexOf('\ndefaults drover:spare-'));
  expect(spares.match(/^backend /gm)).toHaveLength(32);
  expect(spares.replaceAll(/^backend .*-([2-9]|1\d) .*\n/gm, '')).toMatchInlineSnapshot(`
    "
    defaults drover:spare-plain from drover
      mode http
      balance roundrobin
      hash-type consistent
      option forwardfor
      retry-on conn-failure empty-response

    backend drover:spare-plain-1 from drover:spare-plain

    defaults drover:spare-redirect-443 from drover
      mode http
      balance roundrobin
      hash-type consistent
      option forwardfor
      retry-on conn-failure empty-response
      http-request redirect location https://%[var(txn.host)]%[pathq] code 301 if { method GET }
      http-request redirect location https://%[var(txn.host)]%[pathq] code 308 unless { method GET }

    backend drover:spare-redirect-443-1 from drover:spare-redirect-443
    "
  `);
});
