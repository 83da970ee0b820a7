import type { CustomText } from '../custom/index.ts';

/** Lines of frontends that change requests or replies. Both workers would do it. */
const CHANGES = /^(http-(request|response|after-response)|option\s+(forwardfor|originalto)|unique-id-header)\b/;

/** What is known of the connection of the client, besides addresses. The newest worker sees the connection of the other worker. */
const CONNECTION = /\b(ssl_fc|ssl_[cf]_|fc_|so_(id|name))/;

/**
 * Whether the worker before a reload may forward requests to the newest one. `frontend`: own lines of the listener; `customs`: own text of its
 * balancers.
 */
export function mayForward(frontend: readonly string[], customs: readonly CustomText[]): boolean {
  const defaults = customs.flatMap((custom) => custom.defaults);
  const backends = customs.flatMap((custom) => [...custom.backends.values()].flat());
  const inFrontend = [...frontend, ...defaults];
  return (
    !inFrontend.some((line) => CHANGES.test(line)) &&
    ![...inFrontend, ...backends].some((line) => CONNECTION.test(line))
  );
}
