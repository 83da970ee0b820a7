/**
 * The module `node:http`. An `import` would read all its exports, and some are getters that load `fetch`, WebSockets and
 * HTTP/2, which costs each process 50 ms and 16 MB (Node 26.10).
 */
export const http = process.getBuiltinModule('node:http');
