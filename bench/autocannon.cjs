// Runs autocannon as the JSON on standard input says, and says in one line of JSON what it saw.
// The one argument is autocannon's main file.
const autocannon = require(process.argv[2]);
const told = JSON.parse(require("node:fs").readFileSync(0, "utf-8"));

const requests = told.requests.map(({ method, path, body, token }) => ({
  method,
  path,
  headers: { authorization: `Bearer ${token}`, ...(body ? { "content-type": "application/json" } : {}) },
  ...(body ? { body } : {}),
}));
let clients = 0;
const asked = {
  url: `http://127.0.0.1:${told.port}`,
  connections: told.connections,
  requests,
  idReplacement: requests.some(({ body }) => body?.includes("[<id>]")),
  // Each connection begins elsewhere: two of them in one conversation at once would lock each other out.
  setupClient: (client) => {
    const from = Math.floor((clients++ * requests.length) / told.connections);
    client.setRequests([...requests.slice(from), ...requests.slice(0, from)]);
  },
  ...(told.amount ? { amount: told.amount } : { duration: told.seconds }),
};
autocannon(asked, (error, seen) => {
  if (error) throw error;
  console.log(
    JSON.stringify({
      requests: seen.requests.total,
      failed: seen.non2xx + seen.errors + seen.timeouts,
      seconds: seen.duration,
      p50_ms: seen.latency.p50,
      p99_ms: seen.latency.p99,
      bytes: seen.throughput.total,
    }),
  );
});
