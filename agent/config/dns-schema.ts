import { z } from 'zod';
import { address, deviceName, dnsName, plainName, upstream, upstreamList } from './values.ts';

const dnsCacheSchema = z
  .strictObject({
    maxBytes: z
      .int()
      .min(0)
      .default(16 * 1024 * 1024)
      .describe('memory for upstream replies; the least recently used are evicted first; 0: no cache'),
    maxTtlSeconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(86_400)
      .describe('maximum TTL of cached replies; longer ones are cut'),
    maxStaleSeconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(86_400)
      .describe('how long after expiry an answer may be served while no upstream answers; 0: never'),
  })
  .prefault({});

export const dnsSchema = z
  .strictObject({
    address: address()
      .prefault('169.254.169.250')
      .describe('service address: DNS and metadata listen there on every host'),
    sourceAddress: address()
      .prefault('169.254.169.251')
      .describe('source address of queries to upstream resolvers that leave from the namespace of the service address'),
    hostAddress: address().prefault('169.254.169.252').describe("address of the host's end of the veth pair"),
    namespace: plainName().default('drover').describe('network namespace in which DNS and metadata run'),
    device: deviceName().default('drover0').describe("device name of the host's end of the veth pair"),
    upstreams: z
      .array(upstream())
      .default([])
      .describe("upstream resolvers, in order; empty: those of the host's /etc/resolv.conf"),
    forward: z
      .record(dnsName(), upstreamList())
      .prefault({})
      .describe(
        'resolvers for names below a domain (reverse zones too), as a list or as a text separated by spaces; the longest matching domain wins; empty: these names are not forwarded and do not exist',
      ),
    cache: dnsCacheSchema,
    ttlSeconds: z.int().min(0).max(5).default(1).describe("TTL of answers for Drover's own names"),
    udpPayloadBytes: z
      .int()
      .min(512)
      .max(65_507)
      .nullable()
      .default(null)
      .describe(
        'maximum size of a reply over UDP, even if the client accepts more; larger replies are cut, and need TCP to be complete; if not set, clients on this host get the size that they accept, others 1,232 bytes',
      ),
    compatSearch: z
      .boolean()
      .default(false)
      .describe(
        "complete every name with the client's search list, as Rancher did; a service google in a stack com then shadows google.com",
      ),
    holdMs: z
      .int()
      .min(0)
      .max(5000)
      .default(250)
      .describe('how long a query from an unknown address waits while Drover inspects its container'),
    batching: z
      .enum(['auto', 'off'])
      .default('auto')
      .describe('`auto`: read and write many queries per system call, if the addon is compiled; `off`: never'),
    kernelAnswers: z
      .enum(['auto', 'off'])
      .default('off')
      .describe(
        '`auto`: the kernel answers plain queries of containers on the managed network, if it supports that (Linux 6.6)',
      ),
    maxQueriesPerSecond: z
      .int()
      .min(0)
      .max(10_000_000)
      .default(50_000)
      .describe('limit of UDP queries per container; more are dropped before they reach the server; 0: no limit'),
  })
  .prefault({});
