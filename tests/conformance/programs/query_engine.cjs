// What prisma 0.15.0 of PyPI talks to in place of Prisma's own program, which no package registry has.
//
// The engine is Prisma's: the one of @prisma/client 5.17.0, in WebAssembly, with its driver for PostgreSQL. Only the
// words around it are ours: PyPI's client writes GraphQL over HTTP, and this engine reads Prisma's JSON protocol.

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { bindAdapter } = require("@prisma/driver-adapter-utils");
const { PrismaPg } = require("@prisma/adapter-pg");
const { parse } = require("graphql");
const { Pool } = require("pg");

// The commit of 5.17.0, by which PyPI's client knows its engine.
const VERSION = "393aa359c9ad4a4bb28630fb5613f9c281cde053";
const RUNTIME = path.join(path.dirname(require.resolve("@prisma/client/package.json")), "runtime");
const ACTIONS = [
  "findUniqueOrThrow", "findUnique", "findFirstOrThrow", "findFirst", "findMany", "createOne", "createMany",
  "updateOne", "updateMany", "deleteOne", "deleteMany", "upsertOne", "aggregate", "groupBy", "executeRaw", "queryRaw",
];
const NO_TRACE = "{}";

/** The type of each field of each model, by name. */
function readSchema(text) {
  const models = {};
  for (const [, name, body] of text.matchAll(/^model (\w+) \{([^]*?)^\}/gm))
    models[name] = Object.fromEntries([...body.matchAll(/^\s+(\w+)\s+(\w+)/gm)].map(([, field, type]) => [field, type]));
  return models;
}

/** A value of GraphQL as JSON. */
function valueOf(node) {
  switch (node.kind) {
    case "IntValue":
      return Number.isSafeInteger(+node.value) ? +node.value : { $type: "BigInt", value: node.value };
    case "FloatValue":
      return +node.value;
    case "NullValue":
      return null;
    case "ListValue":
      return node.values.map(valueOf);
    case "ObjectValue":
      return Object.fromEntries(node.fields.map((field) => [field.name.value, valueOf(field.value)]));
    default:
      return node.value;
  }
}

const argumentsOf = (field) => Object.fromEntries((field.arguments ?? []).map((one) => [one.name.value, valueOf(one.value)]));

const selectionOf = (field) =>
  Object.fromEntries(
    (field.selectionSet?.selections ?? []).map((one) => [
      one.name.value,
      one.selectionSet || one.arguments?.length ? { arguments: argumentsOf(one), selection: selectionOf(one) } : true,
    ]),
  );

/** JSON in GraphQL is text, which the JSON protocol would take for a string. */
function asJson(value) {
  if (typeof value === "string") return { $type: "Json", value };
  if (!value || typeof value !== "object" || Array.isArray(value) || value.$type) return value;
  const holds = (name) => ["set", "equals", "not"].includes(name);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, holds(name) ? asJson(inner) : inner]));
}

/** A model's values with their JSON marked. */
function typed(value, model, schema) {
  if (Array.isArray(value)) return value.map((inner) => typed(inner, model, schema));
  if (!value || typeof value !== "object" || value.$type) return value;
  const mark = ([name, inner]) => {
    const type = schema[model]?.[name];
    return [name, type === "Json" ? asJson(inner) : typed(inner, schema[type] ? type : model, schema)];
  };
  return Object.fromEntries(Object.entries(value).map(mark));
}

/** A query as the engine reads it, and by what name its result is wanted. */
function translated(text, schema) {
  const [field] = parse(text).definitions[0].selectionSet.selections;
  const action = ACTIONS.find((name) => field.name.value.startsWith(name));
  const modelName = field.name.value.slice(action.length) || undefined;
  const query = { arguments: typed(argumentsOf(field), modelName, schema), selection: selectionOf(field) };
  return { name: field.alias?.value ?? field.name.value, query: { modelName, action, query } };
}

/** A result without the types that GraphQL does not write. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (!value || typeof value !== "object") return value;
  if ("$type" in value) return value.$type === "BigInt" ? +value.value : value.value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

class Service {
  async start() {
    const datamodel = fs.readFileSync(process.env.PRISMA_DML_PATH, "utf8");
    this.schema = readSchema(datamodel);
    const glue = require(path.join(RUNTIME, "query_engine_bg.postgresql.js"));
    const code = new WebAssembly.Module(fs.readFileSync(path.join(RUNTIME, "query_engine_bg.postgresql.wasm")));
    glue.__wbg_set_wasm(new WebAssembly.Instance(code, { "./query_engine_bg.js": glue }).exports);
    const adapter = bindAdapter(new PrismaPg(new Pool({ connectionString: process.env.DATABASE_URL, max: 4 })));
    const options = {
      datamodel, logLevel: "error", logQueries: false, env: process.env, datasourceOverrides: {}, configDir: ".",
      ignoreEnvVarErrors: true, engineProtocol: "json",
    };
    this.engine = new glue.QueryEngine(options, () => {}, adapter);
    await this.engine.connect(NO_TRACE);
  }

  async query(text, transaction) {
    // The driver does not know PostgreSQL's type for names, of which this one query of LiteLLM's makes a list.
    const known = text.replaceAll("ARRAY_AGG(viewname)", "ARRAY_AGG(viewname::text)");
    const { name, query } = translated(known, this.schema);
    const result = JSON.parse(await this.engine.query(JSON.stringify(query), NO_TRACE, transaction));
    return result.errors ? result : { data: { [name]: plain(Object.values(result.data)[0]) } };
  }

  async batch({ batch, transaction }, outer) {
    const begin = async () => JSON.parse(await this.begin(JSON.stringify({ max_wait: 60000, timeout: 60000 }))).id;
    const own = !outer && transaction ? await begin() : undefined;
    const results = [];
    for (const one of batch) {
      const result = await this.query(one.query, outer ?? own);
      if (result.errors) {
        if (own) await this.engine.rollbackTransaction(own, NO_TRACE);
        return result;
      }
      results.push(result);
    }
    if (own) await this.engine.commitTransaction(own, NO_TRACE);
    return { batchResult: results };
  }

  begin(options) {
    return this.engine.startTransaction(options, NO_TRACE);
  }

  async answer({ url, headers }, text) {
    const [where] = url.split("?");
    const ended = /^\/transaction\/([^/]+)\/(commit|rollback)$/.exec(where);
    if (where === "/status") return { status: "ok" };
    if (where === "/metrics") return {};
    if (where === "/transaction/start") return JSON.parse(await this.begin(text));
    if (ended) return JSON.parse(await this.engine[`${ended[2]}Transaction`](ended[1], NO_TRACE));
    const asked = JSON.parse(text);
    const transaction = headers["x-transaction-id"];
    return asked.batch ? this.batch(asked, transaction) : this.query(asked.query, transaction);
  }
}

function refused(error) {
  return { errors: [{ error: `${error}`, user_facing_error: { is_panic: false, message: `${error}`, error_code: "P2010" } }] };
}

async function main() {
  const service = new Service();
  await service.start();
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", async () => {
      const answer = await service.answer(request, Buffer.concat(chunks).toString()).catch(refused);
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    });
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
  server.listen(+process.argv[process.argv.indexOf("-p") + 1], "localhost");
}

if (process.argv.includes("--version")) console.log(`query-engine ${VERSION}`);
else main();
