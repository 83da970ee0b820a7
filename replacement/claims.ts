/** Who replaces containers of a service on this host. */
export type Claimant = 'recreation' | 'roll';

export interface Claim {
  /** The container that is being replaced from now on; null: none. */
  replaces(oldId: string | null): void;
  /** Idempotent. */
  end(): void;
}

/** What this agent replaces at the moment. */
export interface Claims {
  /** Null: another claimant works on the service, or a roll of it is in progress. */
  claim(by: Claimant, service: string): Claim | null;
  isReplacing(oldId: string): boolean;
}

interface Entry {
  readonly by: Claimant;
  readonly service: string;
  oldId: string | null;
}

export function createClaims(): Claims {
  const entries = new Set<Entry>();
  return {
    claim: (by, service) => {
      const mayShare = (entry: Entry) => entry.service !== service || (by === 'recreation' && entry.by === by);
      if (![...entries].every(mayShare)) return null;
      const own: Entry = { by, service, oldId: null };
      entries.add(own);
      return {
        replaces: (oldId) => {
          own.oldId = oldId;
        },
        end: () => void entries.delete(own),
      };
    },
    isReplacing: (oldId) => [...entries].some((entry) => entry.oldId === oldId),
  };
}
