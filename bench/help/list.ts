/** `npm run bench -- --help`: lists the benchmarks, each with the doc comment of its file that shows how to run it. */
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('..', import.meta.url);
console.log('usage: npm run bench -- NAME [arguments]\n');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
  const comments = readFileSync(new URL(file, folder), 'utf8').matchAll(/^\/\*\*([\s\S]*?)\*\//gm);
  const comment = [...comments].map(([, text = '']) => text).find((text) => text.includes('bench')) ?? '';
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  console.log(
    `${file.slice(0, -'.ts'.length)}\n${lines
      .filter(Boolean)
      .map((line) => `  ${line}`)
      .join('\n')}\n`,
  );
}
