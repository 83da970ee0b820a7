/** A program: reads an answers file in YAML and writes it as JSON with all digits. On an error it prints why and exits with 1. */
import { text } from 'node:stream/consumers';
import { formatExactJson } from '../../model/index.ts';
import { parseAnswers } from './answers.ts';

try {
  process.stdout.write(formatExactJson(parseAnswers(await text(process.stdin), 'yaml')));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
