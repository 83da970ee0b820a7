import { listSettings, type Setting } from '../agent/config/config.ts';

/** The page, relative to the root of the repository. */
export const CONFIG_REFERENCE = 'docs/configuration.md';

/** Renders the reference page of all settings from the schema that validates them. */
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

All settings of Drover. Each can be set in three places; a later one overrides an earlier one:

1. the configuration file (YAML): \`/etc/drover/drover.yaml\`, or the file named by \`--config\` or \`DROVER_CONFIG\`,
2. environment variables,
3. command-line flags.

All settings are validated together. Every error is reported with its place (file and line, variable, or flag) and a hint. A running
agent keeps its settings if the file becomes invalid.

- **Sections.** Keys with dots are sections in the file: \`bus.driver\` is \`driver\` in the section \`bus\`. A key without a value is not set.
- **Lists and maps** in variables and flags: \`10.0.0.2,10.0.0.3\` and \`key=value,key=value\`. An empty text means the default.
- **Unknown settings.** An unknown key in the file or an unknown flag is an error; an unknown \`DROVER_\` variable is a warning.

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
