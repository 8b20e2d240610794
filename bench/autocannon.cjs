// Runs autocannon as the JSON on standard input says, and says in one line of JSON what it saw.
// The one argument is autocannon's main file.
const { randomUUID } = require("node:crypto");
const autocannon = require(process.argv[2]);
const told = JSON.parse(require("node:fs").readFileSync(0, "utf-8"));

// autocannon's own `idReplacement` counts the length of the body before it puts the id in.
const withFreshId = (request) => ({ ...request, body: request.body.replace(told.freshId, randomUUID()) });

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
  // Each connection begins elsewhere: two of them in one conversation at once would lock each other out.
  setupClient: (client) => {
    const from = Math.floor((clients++ * requests.length) / told.connections);
    const own = [...requests.slice(from), ...requests.slice(0, from)];
    client.setRequests(
      own.map((request) =>
        request.body?.includes(told.freshId)
          ? { ...request, setupRequest: (last) => withFreshId({ ...last, body: request.body }) }
          : { ...request },
      ),
    );
  },
  ...told.limit, // `duration` in seconds, or `amount`
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
