import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Route } from "@daybook/network/http/route";
import { shopRoutes } from "../../shop/app.ts";
import { openShop } from "../../shop/service.ts";
import { table, type GeneratedDocument } from "./document.ts";
import { fieldsOf } from "./fields.ts";

/** docs/api.md: every route with who may, what it takes, what it answers. */
export const apiDocument: GeneratedDocument = {
  path: "docs/api.md",
  async render() {
    const routes = await routesOfShop();
    const groups = Map.groupBy(routes, ({ tag = "others" }) => tag);
    return `# HTTP interface

Every route of the shop. The running program serves the same, with all schemas, as OpenAPI 3.1 at \`/openapi.json\`; \`/livez\`,
\`/readyz\`, \`/startupz\` and \`/health\` say how it is.

- A request has \`Authorization: Bearer TOKEN\`, unless the route is public. An operator's token may what a customer's may, and for
  everybody; a customer sees only their own, and another's and a missing thing answer alike.
- What is marked *once* takes \`Idempotency-Key\`: sent again it gets the stored answer, byte for byte; with another body it is 422.
- What is marked *matched* takes \`If-Match\` with the version from \`ETag\`; 412 when it is another one, 428 where it is required (**!**)
  and missing.
- What is marked *at least* takes a position in \`Daybook-At-Least\` or \`atLeast\`, as commands answer it in \`Daybook-Position\`: the
  answer shows everything up to it, or is 503 after 2 s.
- Errors are \`application/problem+json\` with a stable \`code\`: [errors.md](errors.md).

Made by \`npm run docs\` from the routes.

${[...groups].map(([tag, group]) => `## ${tag}\n\n${group.map(section).join("\n\n")}`).join("\n\n")}
`;
  },
};

async function routesOfShop(): Promise<readonly Route[]> {
  const data = mkdtempSync(join(tmpdir(), "daybook-docs-"));
  const shop = await openShop({ data, store: "memory" });
  try {
    return shopRoutes(shop);
  } finally {
    await shop.close();
    rmSync(data, { recursive: true });
  }
}

function section(route: Route): string {
  const { method, path, summary, query, body, rawBody, success, problems = [] } = route;
  const { status, schema, description } = success;
  const rows = [
    ["who", route.auth === "public" ? "everybody" : route.auth.roles.join(", ")],
    ...(query ? [["query", fieldsOf(query, "input")]] : []),
    ...(body ? [["body", fieldsOf(body, "input")]] : []),
    ...(rawBody ? [["body", "as it was signed"]] : []),
    ["answer", `${status} ${schema ? fieldsOf(schema, "output") : (description ?? "")}`.trim()],
    ...(problems.length > 0 ? [["refused with", problems.map((code) => `\`${code}\``).join(", ")]] : []),
    ...(marksOf(route) === "" ? [] : [["takes", marksOf(route)]]),
  ];
  return `### ${method} ${path}\n\n${summary}.\n\n${table(["", ""], rows)}`;
}

function marksOf({ isIdempotent, ifMatch = "none", readsAtLeast, isEventStream }: Route): string {
  const marks = [
    isIdempotent && "once",
    ifMatch !== "none" && `matched${ifMatch === "required" ? " **!**" : ""}`,
    readsAtLeast && "at least",
    isEventStream && "Last-Event-ID; answers an event stream",
  ];
  return marks.filter((mark) => mark !== false && mark !== undefined).join(", ");
}
