import { isIP } from 'node:net';
import { CHECK_LIMITS, hash32, ok, parseRequestLine, parseStatusSet, problem, type Result } from '../../model/index.ts';
import type { Target } from '../opinion/target.ts';
import { type Backend, backendFor, requestFields } from './backend.ts';

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

const CHECKED = ['port', 'interval', 'response_timeout', 'healthy_threshold', 'unhealthy_threshold'] as const;

/** The server for a target, or what is wrong with its check. The problem is about this target only. */
export function serverFor({ containerId, startedAtMs, address, port, check }: Target): Result<Server> {
  const subject = `health check of container ${containerId.slice(0, 12)}`;
  const family = isIP(address ?? '');
  if (family === 0) return problem(subject, `${JSON.stringify(address)} is not an IP address`, 'report this as a bug');
  const { intervalMs, responseTimeoutMs, healthyThreshold: rise, unhealthyThreshold: fall } = check;
  const values = [port, intervalMs, responseTimeoutMs, rise, fall];
  for (const [index, name] of CHECKED.entries()) {
    const [least, most] = CHECK_LIMITS[name];
    const value = values[index] as number;
    if (!Number.isInteger(value) || value < least || value > most) {
      return problem(subject, `health_check.${name} is ${value}`, `use a whole number from ${least} to ${most}`);
    }
  }
  const request = parseRequestLine(check.requestLine);
  if (!request.ok) return problem(subject, `its request line ${request.problem.what}`, request.problem.hint);
  const expected = check.expectedStatus === null ? ok(null) : parseStatusSet(check.expectedStatus);
  if (!expected.ok) return problem(subject, `its expected status ${expected.problem.what}`, expected.problem.hint);
  const server = {
    backend: backendFor(request.value, responseTimeoutMs, expected.value),
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
