import { z } from 'zod';

/** `host:port`, or a URL with http or https and without a path; canonical form: the URL's origin. */
const address = z.string().transform((text, context) => {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.username && !url.search;
  const named = text.includes('://') || /:\d+$/.test(text);
  if (plain && url) return named ? url.origin : `${url.origin}:8500`;
  context.addIssue({ code: 'custom', message: `"${text}" is not an address of Consul: write http://127.0.0.1:8500` });
  return z.NEVER;
});

const segment = z
  .string()
  .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, 'letters, digits, dot, dash, underscore, parted by /');

/** What an operator sets about Consul. */
export const consulSchema = z
  .strictObject({
    address: z
      .union([address, z.array(address).min(1)])
      .transform((one) => (Array.isArray(one) ? one : [one]))
      .prefault('http://127.0.0.1:8500')
      .describe('Consul, the local agent or servers; with several, the next is taken when one does not answer'),
    token: z.string().min(1).optional().describe('ACL token: key_prefix "<namespace>/" write, session_prefix "" write'),
    caFile: z.string().min(1).optional().describe('PEM file with the certificate authority of https addresses'),
    certFile: z.string().min(1).optional().describe('PEM file with our client certificate'),
    keyFile: z.string().min(1).optional().describe('PEM file with the key of our client certificate'),
    datacenter: z.string().min(1).optional().describe('Default: the datacenter of the Consul that is asked'),
    namespace: segment.default('drover').describe('Prefix of all keys'),
    environment: z.string().min(1).default('default').describe('Second part of the prefix: what isolates'),
    sessionTtlSeconds: z.number().int().min(10).max(86_400).default(10).describe('Consul refuses less than 10'),
    sessionFile: z.string().min(1).optional().describe('Keeps the session over a restart of the agent'),
  })
  .refine((options) => (options.certFile === undefined) === (options.keyFile === undefined), {
    message: 'certFile and keyFile go together: set both or none',
    path: ['certFile'],
  });

/** As written. */
export type ConsulOptions = z.input<typeof consulSchema>;
/** Parsed, with defaults. */
export type ConsulSettings = z.output<typeof consulSchema>;
