import { eachOf, wrong, type WrongRequest } from "../wrong-request.ts";

const NOBODY = { as: "nobody" } as const;
const READ = "GET /api/v1/orders/{order}";

/** `{"alg":"none"}` and claims, in base 64. */
function unsigned(header: object, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.`;
}

const CLAIMS = { sub: "usr_developer", roles: ["admin"], iss: "daybook", aud: "daybook", exp: 9_999_999_999 };

/** Tokens that open nothing, and what they do not open. */
export const IDENTITY: readonly WrongRequest[] = [
  wrong("no token", READ, undefined, 401, "unauthenticated", NOBODY),
  ...eachOf(
    ["Bearer", "Bearer ", "Bearer x", "Basic YWRhOmFkYQ==", "bearer dbk_", "dbk_x", "Bearer dbk_x dbk_y"],
    (authorization) =>
      wrong(`"${authorization}"`, READ, undefined, 401, "unauthenticated", { ...NOBODY, headers: { authorization } }),
  ),
  ...eachOf(
    [
      ["an unsigned token", unsigned({ alg: "none", typ: "JWT" }, CLAIMS)],
      ["a token that names its own key", unsigned({ alg: "RS256", jwk: { kty: "RSA", n: "AQAB", e: "AQAB" } }, CLAIMS)],
      ["a token that names a key's address", unsigned({ alg: "RS256", jku: "http://127.0.0.1:9/keys", kid: "1" }, CLAIMS)],
      ["a token with a path as key id", unsigned({ alg: "HS256", kid: "../../etc/passwd" }, CLAIMS)],
      ["a token of 20,000 characters", "t".repeat(14_000)],
    ] as const,
    ([name, token]) =>
      wrong(name, READ, undefined, 401, "unauthenticated", { ...NOBODY, headers: { authorization: `Bearer ${token}` } }),
  ),
  wrong("identity in headers of proxies", READ, undefined, 401, "unauthenticated", {
    ...NOBODY,
    headers: { "x-forwarded-user": "usr_developer", "x-user-id": "usr_developer", "x-roles": "admin" },
  }),
  wrong("a token in the query", `${READ}?access_token=x`, undefined, 401, "unauthenticated", NOBODY),
  wrong("a token in a cookie", READ, undefined, 401, "unauthenticated", { ...NOBODY, headers: { cookie: "token=dbk_x" } }),
  ...eachOf(
    [
      "GET /api/v1/customers",
      "GET /api/v1/customers/search?q=ben",
      "GET /api/v1/log",
      "GET /api/v1/projections",
      "GET /api/v1/workflows",
      "GET /api/v1/queues",
      "GET /api/v1/accounts/total",
      "GET /api/v1/ledger",
      "GET /api/v1/keys/rotation",
      "GET /api/v1/questions",
      "GET /api/v1/comparisons",
    ],
    (route) => wrong(`${route}, by a customer`, route, undefined, 403, "forbidden", { as: "ada" }),
  ),
  ...eachOf(
    [
      ["POST /api/v1/products", { productId: "p", name: "P", price: { amount: "1.00", currency: "GBP" } }],
      ["POST /api/v1/products/teapot/price", { amount: "0.01", currency: "GBP" }],
      ["POST /api/v1/stock/teapot/receive", { quantity: 1, reference: "r" }],
      ["POST /api/v1/stock/teapot/write-off", { quantity: 1, reason: "r" }],
      ["POST /api/v1/accounts/{account}/deposit", { amount: "1.00", currency: "GBP", reason: "r" }],
      ["PUT /api/v1/customers/{ada}/roles", { roles: [] }],
      ["POST /api/v1/customers/{ben}/deactivate", undefined],
      ["POST /api/v1/keys/rotation", undefined],
      ["POST /api/v1/sessions/keys/rotation", undefined],
      ["POST /api/v1/imports/orders", { orders: [] }],
      ["POST /api/v1/projections/order-search/rebuild", undefined],
      ["POST /api/v1/questions/qst_x/resolve", { reason: "r" }],
      ["POST /api/v1/comparisons", { source: "payments" }],
      ["POST /api/v1/queues/notifications/pause", { dryRun: true }],
      ["POST /api/v1/workflows/order-processing-x/terminate", { reason: "r" }],
    ] as const,
    ([route, body]) => wrong(`${route}, by a customer`, route, body, 403, "forbidden", { as: "ada" }),
  ),
  wrong("a path that is not there, by nobody", "GET /api/v2/orders", undefined, 401, "unauthenticated", NOBODY),
  wrong("a path that is not there", "GET /api/v2/orders", undefined, 404, "not-found"),
  wrong("a method that is not there", "DELETE /api/v1/orders/{order}", undefined, 405, "method-not-allowed"),
];
