// Why a request was refused: what the contract says of each wrong field, beside what was sent. Pure.

/** What a reference stands for. */
function resolve(contract, node) {
  let found = node;
  for (let depth = 0; found?.$ref && depth < 20; depth += 1) {
    found = found.$ref
      .replace(/^#\//, "")
      .split("/")
      .reduce((at, part) => at?.[part.replace(/~1/g, "/").replace(/~0/g, "~")], contract);
  }
  return found;
}

/** The operation of that id with its path, `{ path, method, item, operation }`; null if there is none. */
function findOperation(contract, id) {
  for (const [path, item] of Object.entries(contract?.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      if (operation?.operationId === id && id) return { path, method: method.toUpperCase(), item, operation };
    }
  }
  return null;
}

/** Where the documentation of an operation is. */
function docsOf(found) {
  const tag = found.operation.tags?.[0] ?? "default";
  return `/docs/#/${encodeURIComponent(tag)}/${encodeURIComponent(found.operation.operationId)}`;
}

/** The steps of a field's name: `additionalContext[0].content` is three. */
function stepsOf(field) {
  return [...field.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) => (index === undefined ? name : Number(index)));
}

/**
 * What the contract has for a field, `{ schema, required, where }`: `where` is `body`, `query`, `path` or `header`;
 * `body` as a name stands for all of the body. Null where it has nothing.
 */
function schemaAt(contract, found, field) {
  const { operation, item } = found;
  const body = resolve(contract, operation.requestBody);
  const whole = resolve(contract, Object.values(body?.content ?? {})[0]?.schema);
  if (whole && field === "body") return { schema: whole, required: Boolean(body.required), where: "body" };
  const inBody = whole && walk(contract, whole, stepsOf(field));
  if (inBody) return { ...inBody, where: "body" };
  const parameters = [...(operation.parameters ?? []), ...(item.parameters ?? [])].map((each) => resolve(contract, each));
  const parameter = parameters.find(({ name }) => name.toLowerCase() === field.toLowerCase());
  if (!parameter) return null;
  const schema = { ...resolve(contract, parameter.schema), description: parameter.description, example: parameter.example };
  return { schema, required: Boolean(parameter.required), where: parameter.in };
}

function walk(contract, schema, steps) {
  let now = resolve(contract, schema);
  let required = false;
  for (const step of steps) {
    const next = typeof step === "number" ? now.items : propertyOf(contract, now, step);
    if (!next) return null;
    required = typeof step === "string" && (now.required ?? []).includes(step);
    now = { ...resolve(contract, next) };
  }
  return steps.length ? { schema: now, required } : null;
}

function propertyOf(contract, schema, name) {
  if (schema.properties?.[name]) return schema.properties[name];
  const parts = [...(schema.allOf ?? []), ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  for (const part of parts) {
    const found = propertyOf(contract, resolve(contract, part) ?? {}, name);
    if (found) return found;
  }
  return null;
}

const TYPES = { string: "a text", integer: "a whole number", number: "a number", boolean: "true or false", array: "a list", object: "an object" };

/** What a schema takes, in a few words each: type first, then limits. */
function rulesOf({ schema, required, where }) {
  const rules = [TYPES[schema.type] ?? schema.type ?? "a value", required ? "has to be there" : "may be left out"];
  if (where === "body") rules.push(schema.nullable ? "may be null" : "never null");
  if (schema.minimum !== undefined) rules.push(`${schema.minimum} or more`);
  if (schema.maximum !== undefined) rules.push(`${schema.maximum} or less`);
  if (schema.minLength !== undefined) rules.push(`${schema.minLength} characters or more`);
  if (schema.maxLength !== undefined) rules.push(`${schema.maxLength} characters or less`);
  if (schema.minItems !== undefined) rules.push(`${schema.minItems} entries or more`);
  if (schema.maxItems !== undefined) rules.push(`${schema.maxItems} entries or less`);
  if (schema.enum) rules.push(`one of ${schema.enum.join(", ")}`);
  if (schema.default !== undefined) rules.push(`${JSON.stringify(schema.default)} if left out`);
  for (const names of oneOfThese(schema)) rules.push(`with one of ${names.join(", ")}`);
  return rules;
}

/** Properties of which one has to be there. */
function oneOfThese(schema) {
  const names = (schema.anyOf ?? []).filter(({ required }) => required).map(({ required }) => required.join(" and "));
  return names.length ? [names] : [];
}

/** What was sent for a field, `{ there, value }`. */
function sentAt(exchange, field, where) {
  if (where === "query") {
    const values = new URLSearchParams(exchange.query).getAll(field);
    return values.length ? { there: true, value: values.length > 1 ? values : values[0] } : { there: false };
  }
  if (where === "header") {
    const value = exchange.request.headers[field.toLowerCase()];
    return { there: value !== undefined, value };
  }
  if (exchange.request.encoding !== "json") return { there: exchange.request.bytes > 0 && field === "body", value: exchange.request.body };
  if (field === "body") return { there: true, value: exchange.request.body };
  let now = exchange.request.body;
  for (const step of stepsOf(field)) {
    if (now === null || typeof now !== "object" || !Object.hasOwn(now, step)) return { there: false };
    now = now[step];
  }
  return { there: true, value: now };
}

/** Each wrong field of a refused request with all that helps. */
export function explainErrors(contract, exchange) {
  const found = findOperation(contract, exchange.operation);
  return (exchange.errors ?? []).map(({ field, message, type }) => {
    const known = found && schemaAt(contract, found, field);
    return {
      field,
      message,
      type,
      where: known?.where ?? null,
      sent: sentAt(exchange, field, known?.where ?? (exchange.request.bytes ? "body" : "query")),
      rules: known ? rulesOf(known) : [],
      pattern: known?.schema.pattern ?? null,
      description: known?.schema.description ?? null,
      example: known?.schema.example,
      ours: Boolean(known?.schema["x-implementation-defined"]),
      docs: found ? docsOf(found) : null,
    };
  });
}

const ADVICE = {
  400: "Send a body that is JSON. A body cut off half way, or none where one is needed, is refused before its fields are looked at.",
  401: "Every call carries a bearer token, and without a good one nothing else of the call is looked at. Get a new token, then send the same again.",
  403: "A token names one workspace, and opens the paths of that workspace alone. Use a token of the workspace in the path.",
  404: "Either the id is not one that creating a conversation answered, or the conversation belongs to another caller: callers do not see each other's.",
  405: "The path is right, the method is not. The header Allow says which methods there are.",
  409: "In a conversation one stream at a time may be active, and meanwhile it takes no other message. Wait until the stream has ended, or cancel it, then send again. The id of the message is not used up.",
  413: "The body is more than the server takes. Send less context, or a shorter text.",
  415: "Send JSON, and say so: Content-Type: application/json.",
  422: "The request could be read, but not all of it is what the contract asks for. Nothing was stored, and the id of the message is not used up.",
  429: "Too many calls came at once. Wait for as long as Retry-After says, then send the same again.",
  500: "The server failed. The same call may be sent again; a message with the same id is never answered twice.",
  502: "What a gateway says when it cannot reach the service. Try again later, with the same id.",
  503: "What a service says when it is overloaded or restarts. Try again after Retry-After, with the same id.",
  504: "What a gateway says when the service took too long. It may have done the work: send the same id again, and its reply comes.",
};

/** What a refusal means in this API, `{ contract, advice, said, retryAfter }`; null of an answer that went well. */
export function explainStatus(contract, exchange) {
  const { status } = exchange;
  if (!status || status < 400) return null;
  const found = findOperation(contract, exchange.operation);
  const response = found && resolve(contract, found.operation.responses?.[status]);
  const unknownPath = status === 404 && !exchange.operation;
  const said = exchange.response?.body?.error;
  return {
    contract: response?.description ?? null,
    advice: unknownPath ? "The API has no such path. Look at the list of operations in the documentation." : (ADVICE[status] ?? null),
    said: typeof said === "string" ? said : null,
    retryAfter: exchange.response?.headers?.["retry-after"] ?? null,
    docs: found ? docsOf(found) : "/docs/",
  };
}
