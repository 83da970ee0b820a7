import { packAnswers } from './parcel.ts';
import { parseFile } from './parse-file.ts';

// The program of a process of its own, for one large file: its memory goes when it ends. It is sent the path, and sends a
// part whenever it is asked for the next one.
let parts: ReturnType<typeof packAnswers> | null = null;
const send = (): void => {
  const next = parts?.next();
  if (next && !next.done) process.send?.(next.value);
};
process.on('message', (message: unknown) => {
  if (parts || typeof message !== 'string') return send();
  void parseFile(message).then((parsed) => {
    parts = packAnswers(parsed);
    send();
    // One ahead: it is written while the one before is taken in.
    send();
  });
});
process.on('disconnect', () => process.exit());
