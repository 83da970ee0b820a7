import { isIP } from 'node:net';
import { hash32, ok, problem, type Result } from '../../model/index.ts';
import type { Target } from '../opinion/target.ts';
import { type Backend, backendFor, requestFields } from './backend.ts';
import { parseRequestLine } from './request-line.ts';

/** A server of HAProxy: one target. */
export interface Server {
  /** Differs if anything of the target or its check differs, so a change is a new server. */
  readonly name: string;
  readonly backend: Backend;
  /** `10.42.0.5:80`, `[fd00::5]:80`. */
  readonly endpoint: string;
  readonly intervalMs: number;
  readonly rise: number;
  readonly fall: number;
  readonly request: string | null;
}

const LIMITS = {
  port: [1, 65_535],
  // A shorter interval would cost more CPU than it finds failures earlier.
  'health_check.interval': [100, 86_400_000],
  'health_check.response_timeout': [1, 3_600_000],
  'health_check.healthy_threshold': [1, 1_000],
  'health_check.unhealthy_threshold': [1, 1_000],
} as const;

/** The server for a target, or what is wrong with its check. The problem is about this target only. */
export function serverFor({ containerId, startedAtMs, address, port, check }: Target): Result<Server> {
  const subject = `health check of container ${containerId.slice(0, 12)}`;
  const family = isIP(address);
  if (family === 0) return problem(subject, `${JSON.stringify(address)} is not an IP address`, 'report this as a bug');
  const { intervalMs, responseTimeoutMs, healthyThreshold: rise, unhealthyThreshold: fall } = check;
  const values = [port, intervalMs, responseTimeoutMs, rise, fall];
  for (const [index, [name, [least, most]]] of Object.entries(LIMITS).entries()) {
    const value = values[index] as number;
    if (!Number.isInteger(value) || value < least || value > most) {
      return problem(subject, `${name} is ${value}`, `use a whole number from ${least} to ${most}`);
    }
  }
  const request = parseRequestLine(check.requestLine);
  if (!request.ok) return problem(subject, `its request line ${request.problem.what}`, request.problem.hint);
  const server = {
    backend: backendFor(request.value, responseTimeoutMs),
    endpoint: `${family === 6 ? `[${address}]` : address}:${port}`,
    intervalMs,
    rise,
    fall,
    request: requestFields(request.value),
  };
  const hash = hash32(JSON.stringify([containerId, startedAtMs, server])).toString(36);
  const readable = containerId.replace(/[^A-Za-z0-9]/g, '').slice(0, 32);
  return ok({ name: `${readable}_${hash}`, ...server });
}
