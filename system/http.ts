/**
 * `node:http`, which an `import` would read all exports of: among them are getters that load `fetch`, WebSockets and HTTP/2,
 * 50 ms and 16 MB in every process (Node 26.10).
 */
export const http = process.getBuiltinModule('node:http');
