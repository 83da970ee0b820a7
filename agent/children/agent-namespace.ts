/** The agent's network namespace as each child finds it among its own descriptors, in whatever namespace the child runs. */
export const AGENT_NAMESPACE = '/proc/self/fd/9';
