import { eachOf, wrong, type WrongRequest } from "../wrong-request.ts";

const REGISTER = "POST /api/v1/customers";
const GOOD = {
  userName: "carol",
  firstName: "Carol",
  lastName: "Tester",
  email: "carol@example.com",
  addresses: [],
  password: "carol-has-a-long-password",
};

/** Registrations and log-ins that come to nothing. */
export const REGISTRATIONS: readonly WrongRequest[] = [
  ...eachOf(["userName", "firstName", "lastName", "email", "password"] as const, (field) =>
    wrong(`no ${field}`, REGISTER, { ...GOOD, [field]: undefined }, 400, "request-invalid", { as: "nobody" }),
  ),
  ...eachOf(["userName", "email", "password"] as const, (field) =>
    wrong(`an empty ${field}`, REGISTER, { ...GOOD, [field]: "" }, 400, "request-invalid", { as: "nobody" }),
  ),
  ...eachOf(["userName", "firstName", "lastName", "email", "password"] as const, (field) =>
    wrong(`a ${field} of 100,000 characters`, REGISTER, { ...GOOD, [field]: "x".repeat(100_000) }, 400, "request-invalid", {
      as: "nobody",
    }),
  ),
  wrong("a user name that is taken", REGISTER, { ...GOOD, userName: "ada" }, 409, "user-name-taken", { as: "nobody" }),
  wrong("a user name that is taken, in capitals", REGISTER, { ...GOOD, userName: "ADA" }, 409, "user-name-taken", {
    as: "nobody",
  }),
  wrong("an e-mail that is taken", REGISTER, { ...GOOD, email: "Ada@Example.com" }, 409, "email-taken", { as: "nobody" }),
  wrong("a short password", REGISTER, { ...GOOD, password: "short" }, 400, "request-invalid", { as: "nobody" }),
  wrong("a role of one's own", REGISTER, { ...GOOD, roles: ["admin"] }, 400, "request-invalid", { as: "nobody" }),
  wrong("an id of one's own", REGISTER, { ...GOOD, id: "cus_mine" }, 400, "request-invalid", { as: "nobody" }),
  wrong("addresses as text", REGISTER, { ...GOOD, addresses: "here" }, 400, "request-invalid", { as: "nobody" }),
  wrong("a name with a NUL", REGISTER, { ...GOOD, firstName: "Ca\u0000rol" }, 400, "request-invalid", { as: "nobody" }),
  wrong("a user name with a space", REGISTER, { ...GOOD, userName: "a b" }, 400, "request-invalid", { as: "nobody" }),
  wrong("a wrong password", "POST /api/v1/sessions", { name: "ada", password: "wrong-wrong-wrong" }, 401, "log-in-refused", {
    as: "nobody",
  }),
  wrong(
    "a name that nobody has",
    "POST /api/v1/sessions",
    { name: "zoe", password: "wrong-wrong-wrong" },
    401,
    "log-in-refused",
    {
      as: "nobody",
    },
  ),
  wrong("a log-in without password", "POST /api/v1/sessions", { name: "ada" }, 400, "request-invalid", { as: "nobody" }),
  wrong(
    "a log-in with an object",
    "POST /api/v1/sessions",
    { name: { $ne: "" }, password: { $ne: "" } },
    400,
    "request-invalid",
    {
      as: "nobody",
    },
  ),
];

const PROFILE = "PATCH /api/v1/customers/{ada}";
const MATCHED = { headers: { "if-match": '"1"' } };

/** Changes of customers that are not made. */
export const CUSTOMERS_CHANGED: readonly WrongRequest[] = [
  wrong("a customer who is not there", "GET /api/v1/customers/cus_none", undefined, 404, "not-found"),
  wrong("another customer", "GET /api/v1/customers/{ada}", undefined, 404, "not-found", { as: "ben" }),
  wrong("a change without version", PROFILE, { firstName: "A" }, 428, "precondition-required"),
  wrong("a change under an old version", PROFILE, { firstName: "A" }, 412, "version-mismatch", {
    headers: { "if-match": '"9"' },
  }),
  wrong("a change of what is not the customer's", PROFILE, { status: "inactive" }, 400, "request-invalid", MATCHED),
  wrong("a change to null", PROFILE, { email: null }, 400, "request-invalid", MATCHED),
  wrong("a change to another's name", PROFILE, { userName: "ben" }, 409, "user-name-taken", MATCHED),
  wrong("a change to another's e-mail", PROFILE, { email: "ben@example.com" }, 409, "email-taken", MATCHED),
  wrong("a change of another", PROFILE, { firstName: "A" }, 404, "not-found", { as: "ben", ...MATCHED }),
  wrong("a preference that is none", "PUT /api/v1/customers/{ada}/preferences", { spam: true }, 400, "request-invalid", MATCHED),
  wrong(
    "a preference that is no yes or no",
    "PUT /api/v1/customers/{ada}/preferences",
    { welcome: "yes" },
    400,
    "request-invalid",
    MATCHED,
  ),
  wrong("a role that is none", "PUT /api/v1/customers/{ada}/roles", { roles: ["emperor"] }, 400, "request-invalid", MATCHED),
  wrong("roles of nobody", "PUT /api/v1/customers/cus_none/roles", { roles: [] }, 404, "customer-not-found", MATCHED),
  wrong("deleting nobody", "DELETE /api/v1/customers/cus_none", undefined, 404, "customer-not-found", MATCHED),
  wrong("deleting another", "DELETE /api/v1/customers/{ada}", undefined, 404, "not-found", { as: "ben", ...MATCHED }),
  wrong("activating nobody", "POST /api/v1/customers/cus_none/activate", undefined, 404, "customer-not-found"),
  wrong("customers of an unknown status", "GET /api/v1/customers?status=asleep", undefined, 400, "request-invalid"),
  wrong("a search for no customer", "GET /api/v1/customers/search?q=", undefined, 400, "request-invalid"),
];
