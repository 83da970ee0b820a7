import { z } from 'zod';

// Tolerant: Engines since API 1.41 differ in which fields they omit, set to null or add. Only the fields that identify an object are
// required; invalid values of other fields count as absent.

const text = z.string().nullish().catch(null);
const count = z.number().nullish().catch(null);
const texts = z
  .array(z.string())
  .nullish()
  .catch(null)
  .transform((list) => list ?? []);
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .catch(null)
  .transform((map) => map ?? {});

const attachment = z.object({
  NetworkID: text,
  EndpointID: text,
  IPAddress: text,
  GlobalIPv6Address: text,
  MacAddress: text,
  Links: texts,
  Aliases: texts,
  // Since Engine 25: the aliases and the names that Docker adds to them.
  DNSNames: texts,
});

const networks = z
  .record(z.string(), attachment)
  .nullish()
  .catch(null)
  .transform((map) => map ?? {});

const binding = z.object({ HostIp: text, HostPort: text });

/** `GET /containers/{id}/json`. */
export const inspectSchema = z.object({
  Id: z.string().min(1),
  Name: z.string(),
  Created: text,
  RestartCount: count,
  ResolvConfPath: text,
  State: z.object({
    Status: z.string(),
    StartedAt: text,
    FinishedAt: text,
    ExitCode: count,
    Pid: count,
    Health: z.object({ Status: text }).nullish().catch(null),
  }),
  HostConfig: z.object({
    NetworkMode: text,
    Links: texts,
    Dns: texts,
    DnsSearch: texts,
    MemoryReservation: count,
  }),
  Config: z.object({
    Hostname: text,
    Image: text,
    Labels: labels,
    StopSignal: text,
    StopTimeout: count,
    ExposedPorts: z.record(z.string(), z.unknown()).nullish().catch(null),
  }),
  Mounts: z
    .array(z.object({ Destination: text }))
    .nullish()
    .catch(null)
    .transform((list) => list ?? []),
  NetworkSettings: z.object({
    Ports: z.record(z.string(), z.array(binding).nullish()).nullish().catch(null),
    Networks: networks,
  }),
});
export type Inspect = z.infer<typeof inspectSchema>;

const summaryPort = z.object({ IP: text, PrivatePort: z.number(), PublicPort: count, Type: z.string() });

/** One entry of `GET /containers/json`. */
export const summarySchema = z.object({
  Id: z.string().min(1),
  Names: texts,
  Image: text,
  Created: count,
  State: z.string(),
  Status: text,
  Labels: labels,
  Ports: z
    .array(summaryPort)
    .nullish()
    .catch(null)
    .transform((list) => list ?? []),
  HostConfig: z.object({ NetworkMode: text }).nullish().catch(null),
  NetworkSettings: z.object({ Networks: networks }).nullish().catch(null),
});
export type Summary = z.infer<typeof summarySchema>;

/** The id of a list entry that cannot be parsed. */
export const entryIdSchema = z.object({ Id: z.string().min(1) });

const networkMember = z.object({ Name: text, MacAddress: text, IPv4Address: text, IPv6Address: text });

/** `GET /networks/{id}`, and without `Containers` one entry of `GET /networks`. */
export const networkSchema = z.object({
  Id: z.string().min(1),
  Name: z.string(),
  Driver: z.string(),
  Internal: z.boolean().nullish().catch(null),
  ConfigOnly: z.boolean().nullish().catch(null),
  IPAM: z
    .object({ Config: z.array(z.object({ Subnet: text })).nullish() })
    .nullish()
    .catch(null),
  Options: labels,
  Labels: labels,
  Containers: z
    .record(z.string(), networkMember)
    .nullish()
    .catch(null)
    .transform((map) => map ?? {}),
});
export type NetworkInspect = z.infer<typeof networkSchema>;

/** `GET /version`. */
export const versionSchema = z.object({ ApiVersion: z.string(), MinAPIVersion: text });

/** `GET /info`. */
export const infoSchema = z.object({ DockerRootDir: text, Name: text, NCPU: count, MemTotal: count });
export type Info = z.infer<typeof infoSchema>;

/** One line of `GET /events`. */
export const eventSchema = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: labels }),
  time: count,
  timeNano: count,
});
