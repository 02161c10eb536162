import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { httpTrial, type AskOptions } from "@daybook/testing/http-trial";
import { ADA, CONTEXT, PASSWORD, trialCustomers } from "./conformance/trial.ts";
import { CUSTOMER_STATUSES, customerRoutes } from "./http.ts";

const { addresses: _, ...ADA_WITHOUT_ADDRESSES } = ADA;
const NEW = { ...ADA_WITHOUT_ADDRESSES, password: PASSWORD };

function trial(t: TestContext) {
  const customers = trialCustomers(t);
  const { service, store, clock } = customers;
  const routes = customerRoutes({ customers: service, store, clock });
  const { ask } = httpTrial({ routes, clock, statuses: CUSTOMER_STATUSES, principals: service.identity.principals });

  const logIn = (name = ADA.userName, password = PASSWORD) => ask("POST", "/api/v1/sessions", { body: { name, password } });

  /** Registers a customer and logs in; asks as that customer. */
  async function person(more: object = {}) {
    const body = { ...NEW, ...more };
    const registered = await ask("POST", "/api/v1/customers", { body });
    assert.equal(registered.status, 201, registered.text);
    const { json } = await logIn(body.userName);
    const authorization = `Bearer ${String(json?.["token"])}`;
    const id = String(registered.json?.["id"]);
    const asks = (method: string, target: string, { headers = {}, ...options }: AskOptions = {}) =>
      ask(method, target, { ...options, headers: { authorization, ...headers } });
    return { id, ask: asks };
  }

  return { ...customers, ask, logIn, person };
}

const OTHER = { userName: "other", email: "other@example.org" };

void describe("customers over HTTP", () => {
  void test("whoever registers can log in, by user name or e-mail, and sees who they are", async (t) => {
    const { ask, logIn, person } = trial(t);
    const registered = await ask("POST", "/api/v1/customers", { body: NEW, headers: { authorization: "" } });
    const id = String(registered.json?.["id"]);
    assert.deepEqual(
      [registered.status, registered.headers["location"], registered.headers["etag"]],
      [201, `/api/v1/customers/${id}`, '"1"'],
    );
    for (const name of ["ADA.king", "ada@example.ORG"]) {
      const { status, json } = await logIn(name);
      assert.deepEqual([status, json?.["customerId"], json?.["tokenType"]], [201, id, "Bearer"]);
    }
    const other = await person(OTHER);
    const me = await other.ask("GET", "/api/v1/customers/me");
    assert.equal(me.headers["etag"], '"1"');
    assert.deepEqual(
      [me.json?.["id"], me.json?.["userName"], me.json?.["roles"], me.json?.["addresses"]],
      [other.id, "other", [], []],
    );
    assert.doesNotMatch(me.text, /password|argon|digest/);
  });

  void test("a wrong password and an unknown name are answered alike, with 401", async (t) => {
    const { logIn, person } = trial(t);
    await person();
    const answers = [await logIn("ada.king", "wrong horse"), await logIn("nobody", PASSWORD), await logIn("no@body.org")];
    const [first] = answers.map(({ json }) => ({ ...json, traceId: "" }));
    assert.equal(first?.["code" as keyof typeof first], "log-in-refused");
    for (const { status, json } of answers) assert.deepEqual([status, { ...json, traceId: "" }], [401, first]);
  });

  void test("too many attempts are told to wait, and how long; waiting helps", async (t) => {
    const { logIn, person, clock } = trial(t);
    await person();
    for (let n = 0; n < 4; n++) assert.equal((await logIn("ada.king", "wrong horse")).status, 401);
    const limited = await logIn("ADA.KING");
    assert.deepEqual([limited.status, limited.json?.["code"], limited.headers["retry-after"]], [429, "rate-limited", "30"]);
    assert.equal((await logIn("nobody")).status, 401, "another name from there");
    clock.advance(30_000);
    assert.equal((await logIn("ada.king")).status, 201);
  });

  void test("names that are taken and bodies that do not fit are refused", async (t) => {
    const { ask, person } = trial(t);
    await person();
    const code = async (more: object) => {
      const { status, json } = await ask("POST", "/api/v1/customers", { body: { ...NEW, ...OTHER, ...more } });
      return [status, json?.["code"]];
    };
    assert.deepEqual(await code({ userName: "ada.KING" }), [409, "user-name-taken"]);
    assert.deepEqual(await code({ email: "ada@example.org" }), [409, "email-taken"]);
    for (const wrong of [{ userName: "a@b.org" }, { password: "short" }, { email: "no" }, { roles: ["admin"] }, { status: "x" }])
      assert.deepEqual(await code(wrong), [400, "request-invalid"], JSON.stringify(wrong));
  });

  void test("the same key registers once, and answers byte for byte", async (t) => {
    const { ask } = trial(t);
    const headers = { "idempotency-key": "k1" };
    const [first, again] = [
      await ask("POST", "/api/v1/customers", { body: NEW, headers }),
      await ask("POST", "/api/v1/customers", { body: NEW, headers }),
    ];
    assert.deepEqual([again.status, again.text], [201, first.text]);
    const other = { ...NEW, password: "another horse" };
    assert.equal((await ask("POST", "/api/v1/customers", { body: other, headers })).status, 422);
  });

  void test("a profile is changed by who has seen its version", async (t) => {
    const { person } = trial(t);
    const { ask } = await person();
    const me = "/api/v1/customers/me";
    const body = { lastName: "Byron" };
    assert.equal((await ask("PATCH", me, { body })).status, 428);
    const changed = await ask("PATCH", me, { body, headers: { "if-match": '"1"' } });
    assert.deepEqual([changed.status, changed.headers["etag"]], [200, '"2"']);
    assert.equal((await ask("PATCH", me, { body, headers: { "if-match": '"1"' } })).status, 412);
    const wishes = { "order-shipped": false, welcome: true };
    assert.equal((await ask("PUT", `${me}/preferences`, { body: wishes, headers: { "if-match": '"2"' } })).status, 200);
    const { json } = await ask("GET", me);
    assert.deepEqual([json?.["lastName"], json?.["firstName"]], ["Byron", "Ada"]);
    assert.deepEqual(json?.["preferences"], {
      welcome: true,
      "profile-changed": true,
      "order-confirmed": true,
      "order-cancelled": true,
      "order-shipped": false,
      "order-returned": true,
    });
  });

  void test("a customer sees and changes nobody else: another one and a missing one answer alike", async (t) => {
    const { person } = trial(t);
    const [ada, other] = [await person(), await person(OTHER)];
    const requests = [
      ["GET", "", {}],
      ["PATCH", "", { body: { firstName: "X" }, headers: { "if-match": '"1"' } }],
      ["PUT", "/preferences", { body: {}, headers: { "if-match": '"1"' } }],
      ["DELETE", "", {}],
    ] as const;
    for (const [method, path, options] of requests) {
      const answers = [];
      for (const id of [other.id, "cus_missing"]) {
        const { status, text } = await ada.ask(method, `/api/v1/customers/${id}${path}`, options);
        answers.push([status, text.replaceAll(id, "ID").replace(/"traceId":"\w+"/, "")]);
      }
      assert.equal(answers[0]?.[0], 404);
      assert.deepEqual(answers[0], answers[1], `${method} ${path}`);
    }
    const forbidden = [
      ["GET", "/api/v1/customers"],
      ["GET", "/api/v1/customers/search?q=ada"],
      ["POST", `/api/v1/customers/${ada.id}/activate`],
      ["POST", `/api/v1/customers/${ada.id}/deactivate`],
      ["POST", "/api/v1/sessions/keys/rotation"],
    ] as const;
    for (const [method, target] of forbidden) assert.equal((await ada.ask(method, target)).status, 403, target);
    const roles = { body: { roles: ["admin"] }, headers: { "if-match": '"1"' } };
    assert.equal((await ada.ask("PUT", `/api/v1/customers/${ada.id}/roles`, roles)).status, 403);
  });

  void test("an inactive customer neither logs in nor goes on with a session; an active one again does", async (t) => {
    const { ask, logIn, person, clock } = trial(t);
    const ada = await person();
    const customer = `/api/v1/customers/${ada.id}`;
    assert.equal((await ask("POST", `${customer}/deactivate`)).json?.["status"], "inactive");
    const refused = await logIn();
    assert.deepEqual([refused.status, refused.json?.["code"]], [403, "customer-inactive"]);
    assert.equal((await logIn(ADA.userName, "wrong horse")).json?.["code"], "log-in-refused", "who knows the password is told");
    clock.advance(2_000);
    assert.equal((await ada.ask("GET", "/api/v1/customers/me")).status, 401);
    assert.equal((await ask("POST", `${customer}/activate`)).json?.["status"], "active");
    clock.advance(2_000);
    assert.equal((await ada.ask("GET", "/api/v1/customers/me")).status, 200);
  });

  void test("a password is changed by who knows the one before: every session ends, and only the new one logs in", async (t) => {
    const { ask, logIn, person, clock, store } = trial(t);
    const ada = await person();
    const before = String((await logIn()).json?.["token"]);
    const change = (body: object, headers = {}) => ada.ask("POST", "/api/v1/customers/me/password", { body, headers });
    const body = { current: PASSWORD, password: "battery staple" };
    const wrong = await change({ ...body, current: "wrong horse" });
    assert.deepEqual([wrong.status, wrong.json?.["code"]], [403, "password-wrong"]);
    assert.equal((await change({ ...body, password: "short" })).json?.["code"], "request-invalid");
    assert.equal((await ada.ask("GET", "/api/v1/customers/me")).status, 200, "what is refused ends nothing");
    const changed = await change(body, { "idempotency-key": "k1" });
    assert.deepEqual([changed.status, changed.json?.["version"]], [200, 2]);
    assert.equal((await change(body, { "idempotency-key": "k1" })).text, changed.text);

    assert.equal((await logIn()).json?.["code"], "log-in-refused");
    const { json } = await logIn(ADA.userName, "battery staple");
    const asAda = async (token: unknown) => {
      const headers = { authorization: `Bearer ${String(token)}` };
      return (await ask("GET", "/api/v1/customers/me", { headers })).status;
    };
    assert.equal(await asAda(json?.["token"]), 200, "at once, whatever was known of the customer");
    for (const token of [before, "dbk_x"]) assert.equal(await asAda(token), 401);
    clock.advance(2_000);
    assert.equal((await ada.ask("GET", "/api/v1/customers/me")).status, 401, "the session that changed it, too");

    const kept = [await store.readLog({ after: 0 }), await store.listKeys(""), await store.listRows({ collection: "customers" })];
    assert.doesNotMatch(JSON.stringify(kept), /battery|staple|correct/);
    const shown = await ask("GET", `/api/v1/customers/${ada.id}`);
    assert.doesNotMatch(shown.text, /argon|password/);
  });

  void test("nobody changes the password of somebody else, and guessing the current one is limited like a log-in", async (t) => {
    const { ask, person, logIn, clock } = trial(t);
    const [ada, other] = [await person(), await person(OTHER)];
    const body = { current: PASSWORD, password: "battery staple" };
    for (const id of [other.id, "cus_missing"])
      assert.equal((await ada.ask("POST", `/api/v1/customers/${id}/password`, { body })).status, 404);
    for (const as of ["operator", "admin"])
      assert.equal((await ask("POST", `/api/v1/customers/${ada.id}/password`, { body, as })).status, 403);
    const guess = () => ada.ask("POST", "/api/v1/customers/me/password", { body: { ...body, current: "wrong horse" } });
    for (let n = 0; n < 5; n++) assert.equal((await guess()).status, 403);
    const limited = await guess();
    assert.deepEqual([limited.status, limited.headers["retry-after"]], [429, "30"]);
    assert.equal((await logIn()).status, 201, "a log-in is counted apart");
    clock.advance(30_000);
    assert.equal((await guess()).status, 403);
  });

  void test("a customer deletes themselves: the session ends, the names are free", async (t) => {
    const { ask, person, clock } = trial(t);
    const ada = await person();
    const gone = await ada.ask("DELETE", "/api/v1/customers/me");
    assert.deepEqual([gone.status, gone.json?.["status"]], [200, "deleted"]);
    clock.advance(2_000);
    assert.equal((await ada.ask("GET", "/api/v1/customers/me")).status, 401);
    const { json, text } = await ask("GET", `/api/v1/customers/${ada.id}`);
    assert.equal(json?.["status"], "deleted");
    assert.doesNotMatch(text, /ada|king|example/i);
    assert.notEqual((await person()).id, ada.id);
  });

  void test("an admin makes a customer an operator, which is an event with the admin's name; roles end as they began", async (t) => {
    const { ask, person, clock, store } = trial(t);
    const [ada, other] = [await person(), await person(OTHER)];
    const assign = (roles: readonly string[], version: number, as: string) =>
      ask("PUT", `/api/v1/customers/${ada.id}/roles`, { body: { roles }, as, headers: { "if-match": `"${version}"` } });
    assert.equal((await assign(["operator"], 1, "operator")).status, 403);
    assert.equal((await assign(["operator"], 1, "admin")).status, 200);
    clock.advance(2_000);
    assert.equal((await ada.ask("GET", `/api/v1/customers/${other.id}`)).status, 200);
    assert.equal((await ada.ask("GET", "/api/v1/customers")).status, 200);
    const [event] = await store.readStream(`customer-${ada.id}`, { from: 2 });
    assert.deepEqual([event?.type, JSON.parse(event?.meta ?? "{}").actor], ["RolesAssigned", "admin"]);
    assert.equal((await assign([], 2, "admin")).status, 200);
    clock.advance(2_000);
    assert.equal((await ada.ask("GET", "/api/v1/customers")).status, 403);
  });

  void test("operators list and find customers", async (t) => {
    const { ask, person, project } = trial(t);
    const [ada, other] = [await person(), await person(OTHER)];
    await project();
    const ids = (json: Readonly<Record<string, unknown>> | undefined) =>
      ((json?.["customers"] ?? []) as { readonly id: string }[]).map(({ id }) => id);
    const page = await ask("GET", "/api/v1/customers?limit=1");
    const rest = await ask("GET", `/api/v1/customers?limit=1&cursor=${String(page.json?.["next"])}`, { as: "viewer" });
    assert.deepEqual([...ids(page.json), ...ids(rest.json)].toSorted(), [ada.id, other.id].toSorted());
    assert.deepEqual(ids((await ask("GET", "/api/v1/customers/search?q=ada.king")).json), [ada.id]);
  });

  void test("exchanged keys leave sessions as they are", async (t) => {
    const { ask, person, logIn } = trial(t);
    const ada = await person();
    const before = (await logIn()).json?.["token"];
    assert.equal((await ask("POST", "/api/v1/sessions/keys/rotation", { as: "admin" })).status, 204);
    assert.equal((await ada.ask("GET", "/api/v1/customers/me")).status, 200);
    const after = (await logIn()).json?.["token"];
    assert.notEqual(String(before).split(".")[0], String(after).split(".")[0]);
  });

  void test("a digest of another cost is made again when its password proves right", async (t) => {
    const { another, store, register } = trial(t);
    const id = await register();
    const before = await store.getKey(`log-in/${id}`);
    const dearer = another({ passwordCost: { memory: 16, passes: 1, parallelism: 1 } });
    const input = { name: ADA.userName, password: PASSWORD, address: "a" };
    for (const password of ["wrong horse", PASSWORD, PASSWORD]) await dearer.identity.logIn({ ...input, password }, CONTEXT);
    const after = await store.getKey(`log-in/${id}`);
    assert.match(before ?? "", /\$m=8,/);
    assert.match(after ?? "", /\$m=16,/);
    assert.ok("value" in (await dearer.identity.logIn(input, CONTEXT)));
  });

  void test("registrations from one address are limited", async (t) => {
    const { another, store, clock } = trial(t);
    const rate = { burst: 2, everyMs: 5_000 };
    const attemptRates = { name: rate, address: rate, nameAndAddress: rate, registering: rate };
    const routes = customerRoutes({ customers: another({ attemptRates }), store, clock });
    const { ask } = httpTrial({ routes, clock, statuses: CUSTOMER_STATUSES });
    const statuses = [];
    for (let n = 0; n < 3; n++) {
      const body = { ...NEW, userName: `user${n}`, email: `user${n}@example.org` };
      statuses.push((await ask("POST", "/api/v1/customers", { body })).status);
    }
    assert.deepEqual(statuses, [201, 201, 429]);
  });
});
