import type { LineOwner } from './rendered-config.ts';

/** A section of the configuration. */
export interface Section {
  readonly text: string;
  readonly owner: LineOwner;
  /** Lines of the section that have another owner, without the blanks around them. */
  readonly lineOwners: ReadonlyMap<string, LineOwner>;
}

/** A section of Drover's that has lines of own text. */
export function customOwners(lines: readonly string[], balancer: string): readonly (readonly [string, LineOwner])[] {
  return lines.map((line) => [line, { kind: 'custom', balancer }]);
}

/** The owner of a line (from 1) of all sections together. */
export function createLineOwners(sections: readonly Section[]): (line: number) => LineOwner {
  return (line) => {
    let rest = line;
    for (const { text, owner, lineOwners } of sections) {
      const lines = text.split('\n');
      const found = lines[rest - 1];
      if (rest < lines.length && found !== undefined) return lineOwners.get(found.trim()) ?? owner;
      rest -= lines.length - 1;
    }
    return { kind: 'drover' };
  };
}
