import { parseFile } from './parse-file.ts';
import { partsOf } from './transfer.ts';

// The program of a child process that parses one large file; its memory is freed when it exits. It receives the path, then
// sends a part for each further message.
let parts: ReturnType<typeof partsOf> | null = null;
const send = (): void => {
  const next = parts?.next();
  if (next && !next.done) process.send?.(next.value);
};
process.on('message', (message: unknown) => {
  if (parts || typeof message !== 'string') return send();
  void parseFile(message).then((parsed) => {
    parts = partsOf(parsed);
    send();
    // One part ahead: it is written while the parent processes the first.
    send();
  });
});
process.on('disconnect', () => process.exit());
