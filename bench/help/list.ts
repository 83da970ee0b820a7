/** `npm run bench -- --help`: the benches there are, each with the comment its file begins with. */
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('..', import.meta.url);
console.log('usage: npm run bench -- NAME [arguments]\n');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(new URL(file, folder), 'utf8'))?.[1] ?? '';
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  console.log(
    `${file.slice(0, -'.ts'.length)}\n${lines
      .filter(Boolean)
      .map((line) => `  ${line}`)
      .join('\n')}\n`,
  );
}
