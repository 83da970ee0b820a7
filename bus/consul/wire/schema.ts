import { z } from 'zod';

/** `host:port`, or an http(s) URL without a path. Canonical form: the URL's origin. */
const address = z.string().transform((text, context) => {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.username && !url.search;
  const hasPort = text.includes('://') || /:\d+$/.test(text);
  if (plain && url) return hasPort ? url.origin : `${url.origin}:8500`;
  context.addIssue({
    code: 'custom',
    message: `"${text}" is not a Consul address: use the form http://127.0.0.1:8500`,
  });
  return z.NEVER;
});

const segments = z
  .string()
  .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, 'use letters, digits, ".", "-" and "_", separated by "/"');

/** The options of the Consul driver. */
export const consulSchema = z
  .strictObject({
    address: z
      .union([address, z.array(address).min(1)])
      .transform((one) => (Array.isArray(one) ? one : [one]))
      .prefault('http://127.0.0.1:8500')
      .describe('the local Consul agent or servers; if one fails, the next is used'),
    token: z.string().min(1).optional().describe('ACL token: key_prefix "<namespace>/" write, session_prefix "" write'),
    caFile: z.string().min(1).optional().describe('CA certificates (PEM) to verify the Consul server'),
    certFile: z.string().min(1).optional().describe('client certificate (PEM); requires `keyFile`'),
    keyFile: z.string().min(1).optional().describe('private key (PEM) of the client certificate'),
    datacenter: z.string().min(1).optional().describe("Consul datacenter; if not set, the Consul agent's own"),
    namespace: segments.default('drover').describe('prefix of all keys'),
    environment: z.string().min(1).default('default').describe('second part of the prefix; isolates environments'),
    sessionTtlSeconds: z.number().int().min(10).max(86_400).default(10).describe('Consul refuses less than 10'),
    sessionFile: z.string().min(1).optional().describe('keeps the session across a restart of the agent'),
  })
  .refine((options) => (options.certFile === undefined) === (options.keyFile === undefined), {
    message: 'certFile and keyFile belong together: set both or none',
    path: ['certFile'],
  });

/** As written by the caller. */
export type ConsulOptions = z.input<typeof consulSchema>;
/** Parsed, with defaults. */
export type ConsulSettings = z.output<typeof consulSchema>;
