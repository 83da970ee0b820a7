import { z } from 'zod';
import { CHECK_KEYS, type HealthCheck, readHealthCheck } from '../../../model/index.ts';

const QUORUM_CONFIG = 'recreate_on_quorum_strategy_config';

/** The keys of `health_check`. Rancher has the quorum in a map of its own; `name` is of its API. */
export const HEALTH_CHECK_KEYS: readonly string[] = [
  'name',
  ...CHECK_KEYS.filter((key) => key !== 'quorum'),
  QUORUM_CONFIG,
];

/** Read by the same rules as labels. Port 0 without a command means "no check". */
export const healthCheckSchema = z
  .looseObject({ [QUORUM_CONFIG]: z.strictObject({ quorum: z.unknown().optional() }).nullish() })
  .transform((written, context): HealthCheck | null => {
    const unknown = Object.keys(written).filter((key) => !HEALTH_CHECK_KEYS.includes(key));
    if (unknown.length > 0) context.addIssue({ code: 'unrecognized_keys', keys: unknown, input: written });
    const known = Object.entries(written).filter(([key]) => key !== 'name' && CHECK_KEYS.includes(key));
    const { port, ...keys } = Object.fromEntries(known);
    const isZero = port === 0 || port === '0';
    if (isZero && !keys.exec) return null;
    // Files that Rancher exported have a quorum beside any strategy.
    const quorum = hasQuorum(keys) ? written[QUORUM_CONFIG]?.quorum : null;
    const given = { ...keys, port: isZero ? null : port, quorum };
    const { check, faults } = readHealthCheck(given, nameOf);
    for (const { key, what, hint } of faults) {
      context.addIssue({ code: 'custom', path: pathOf(key), message: what, params: { hint }, input: written });
    }
    return check ?? z.NEVER;
  });

const hasQuorum = ({ strategy }: Readonly<Record<string, unknown>>): boolean =>
  String(strategy).toLowerCase() === 'recreateonquorum';

const nameOf = (key: string): string => (key === 'quorum' ? QUORUM_CONFIG : key);

const pathOf = (key: string): string[] => (key === 'quorum' ? [QUORUM_CONFIG, 'quorum'] : [key]);
