import { listSettings, type Setting } from '../agent/config/config.ts';

/** Where the page stands, from the root of the repository. */
export const CONFIG_REFERENCE = 'docs/configuration.md';

/** The reference page of all settings, from the schema that checks them. */
export function renderConfigReference(): string {
  const rows = listSettings().map(
    (setting) =>
      `| \`${setting.key}\` | \`${setting.variable}\` | \`${setting.flag}\` | ${typeText(setting)} | ${defaultText(setting)} | ${cell(setting.meaning)} |`,
  );
  return `${INTRODUCTION}
| key | environment variable | flag | type | default | meaning |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

const INTRODUCTION = `# Configuration

<!-- Written by scripts/write-config-reference.ts from agent/config/schema.ts; a test checks that it is current. -->

A setting is looked up in three places, and the last one that has it wins: the file (YAML, \`/etc/drover/drover.yaml\`, or the one
named by \`--config\` or \`DROVER_CONFIG\`), the environment, the command line. The whole is validated at once: every fault is told with
its place (file and line, variable, or flag) and its hint. An agent that runs keeps its settings when the file becomes invalid.

In the file, keys with dots are sections (\`bus.driver\` is \`driver\` in the section \`bus\`), and a key with nothing behind it is not set.
In variables and flags a list is separated by commas (\`10.0.0.2,10.0.0.3\`), a map is written \`key=value,key=value\`, and an empty text
means the default. An unknown key in the file or an unknown flag is an error, an unknown \`DROVER_\` variable a warning.

\`\`\`yaml
environment: production
host: { address: 192.0.2.11 }
bus:
  driver: consul
  consul: { addresses: ["https://127.0.0.1:8501"], tokenFile: /etc/drover/consul-token, caFile: /etc/drover/ca.pem }
dns: { upstreams: [192.0.2.53] }
\`\`\`
`;

function typeText({ type, choices, minimum, maximum }: Setting): string {
  if (choices) return choices.map((choice) => `\`${choice}\``).join(', ');
  const limit =
    maximum !== null && maximum < Number.MAX_SAFE_INTEGER ? `${minimum} to ${maximum}` : `at least ${minimum}`;
  return minimum === null ? type : `${type}, ${limit}`;
}

function defaultText({ default: value }: Setting): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map((item) => `\`${item}\``).join(', ');
  if (typeof value === 'object') return Object.keys(value).length === 0 ? '' : `\`${JSON.stringify(value)}\``;
  return `\`${value}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
