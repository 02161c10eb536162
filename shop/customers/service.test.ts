import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { localTransport } from "@daybook/network/rpc/server";
import { client } from "@daybook/network/rpc/client";
import { valueOf } from "@daybook/network/rpc/contract";
import { reveal } from "@daybook/kernel/sealed";
import {
  ADA,
  codeOf,
  CONTEXT,
  executedOf,
  outcomeOf,
  PASSWORD,
  trialCustomers,
  type TrialCustomers,
} from "./conformance/trial.ts";
import {
  activateCustomer,
  changePassword,
  changePreferences,
  customersContract,
  deactivateCustomer,
  deleteCustomer,
  getCustomer,
  listCustomers,
  registerCustomer,
  searchCustomers,
  updateCustomer,
} from "./contract.ts";
import type { CustomerEvent } from "./events.ts";

const around = { context: CONTEXT };
const registration = (more: object = {}) => ({ profile: { ...ADA, ...more }, password: PASSWORD });

async function keysOf({ store }: TrialCustomers, prefix: string): Promise<readonly string[]> {
  return (await store.listKeys(prefix)).map(({ key }) => key);
}

void describe("names", () => {
  void test("a user name and an e-mail address are one customer's, however they are written", async (t) => {
    const trial = trialCustomers(t);
    await trial.register({ userName: "Straße", email: "ada@example.org" });
    const taken = async (more: object) => codeOf(await outcomeOf(trial.service, registerCustomer, registration(more)));
    for (const userName of ["straße", "STRASSE", "ｓｔｒａßｅ"])
      assert.equal(await taken({ userName, email: "other@example.org" }), "user-name-taken", userName);
    assert.equal(await taken({ userName: "other", email: "ADA@EXAMPLE.ORG" }), "email-taken");
    assert.equal(await taken({ userName: "other", email: "other@example.org" }), "done");
  });

  void test("of a thousand who register one name at once in two processes, one wins", async (t) => {
    const trial = trialCustomers(t);
    const processes = [trial.another(), trial.another()] as const;
    const register = async (n: number) => {
      const input = registration({ userName: n % 3 === 0 ? "ADA.king" : "ada.King", email: `ada${n}@example.org` });
      return codeOf(await outcomeOf(processes[n % 2 === 0 ? 0 : 1], registerCustomer, input));
    };
    const outcomes = await Promise.all(Array.from({ length: 1_000 }, (_, n) => register(n)));
    const counts = Object.fromEntries(
      Map.groupBy(outcomes, (code) => code)
        .entries()
        .map(([code, all]) => [code, all.length]),
    );
    assert.equal(counts["done"], 1, JSON.stringify(counts));
    assert.equal((counts["user-name-taken"] ?? 0) + (counts["log-in-busy"] ?? 0), 999, "the others were told why");
    const { rows } = await trial.store.listRows({ collection: "customers" });
    assert.equal(rows.length, 1);
    assert.equal((await trial.store.head()).position, 1);
    assert.equal((await keysOf(trial, "name/")).length, 2, "no name of a loser is kept");
    assert.equal((await keysOf(trial, "log-in/")).length, 1);
  });

  void test("no key says what the name is", async (t) => {
    const trial = trialCustomers(t);
    await trial.register();
    for (const key of await keysOf(trial, "name/")) assert.match(key, /^name\/(user|email)\/[0-9a-f]{64}$/);
  });

  void test("changed, the old ones are free for others, and the new ones are not", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    const change = { userName: "countess", email: "countess@example.org" };
    assert.equal(codeOf(await outcomeOf(trial.service, updateCustomer, { customerId, change })), "done");
    assert.equal(codeOf(await outcomeOf(trial.service, registerCustomer, registration())), "done");
    const late = registration({ userName: "COUNTESS", email: "x@example.org" });
    assert.equal(codeOf(await outcomeOf(trial.another(), registerCustomer, late)), "user-name-taken");
    const back = { userName: ADA.userName };
    assert.equal(codeOf(await outcomeOf(trial.service, updateCustomer, { customerId, change: back })), "user-name-taken");
    assert.equal((await keysOf(trial, "name/")).length, 4);
  });

  void test("of many who change to one name in two processes at once, one wins; whoever wins is found by it", async (t) => {
    const trial = trialCustomers(t);
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) ids.push(await trial.register({ userName: `u${n}-x`, email: `u${n}@example.org` }));
    const processes = [trial.another(), trial.another()] as const;
    const outcomes = await Promise.all(
      ids.map((customerId, n) =>
        outcomeOf(processes[n % 2 === 0 ? 0 : 1], updateCustomer, { customerId, change: { userName: "Wanted" } }),
      ),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === "done").length, 1);
    assert.equal((await keysOf(trial, "name/user/")).length, 20);
    assert.equal((await keysOf(trial, "name/email/")).length, 20);
    const session = await trial.service.identity.logIn({ name: "wanted", password: PASSWORD, address: "a" }, CONTEXT);
    const winner = ids[outcomes.findIndex(({ kind }) => kind === "done")];
    assert.equal(valueOf(session).customerId, winner);
  });

  void test("two processes that change one customer's name at once leave no name behind", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    const processes = [trial.another(), trial.another()];
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        processes.map((each, n) => outcomeOf(each, updateCustomer, { customerId, change: { userName: `name-${round}-${n}` } })),
      );
      assert.equal((await keysOf(trial, "name/user/")).length, 1);
    }
  });
});

void describe("changes", () => {
  void test("a change on another version than the caller has seen is stale, and changes nothing", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    const input = { customerId, change: { firstName: "Augusta" } };
    assert.equal((await executedOf(trial.service, updateCustomer, input, { expectedVersion: 1 })).kind, "answered");
    for (const expectedVersion of [1, 3]) {
      const executed = await executedOf(trial.service, updateCustomer, input, { expectedVersion });
      assert.deepEqual(executed, { kind: "stale", actual: 2 });
    }
  });

  void test("what is so already is no event", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    await outcomeOf(trial.service, updateCustomer, { customerId, change: { firstName: ADA.firstName } });
    await outcomeOf(trial.service, updateCustomer, { customerId, change: {} });
    assert.equal((await trial.store.head()).position, 1);
  });

  void test("personal data is sealed wherever it is kept", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    await outcomeOf(trial.service, updateCustomer, { customerId, change: { lastName: "Byron" } });
    await trial.project();
    const { events } = await trial.store.readLog({ after: 0 });
    const rows = await Promise.all(["customers", "customer-search.1"].map((collection) => trial.store.listRows({ collection })));
    const keys = await trial.store.listKeys("");
    assert.equal(rows.flatMap((page) => page.rows).length, 2);
    // As words: three letters in a row may stand in any sealed text.
    assert.doesNotMatch(JSON.stringify([events, rows, keys]), /(?<![\w-])(ada|king|byron|example|correct)(?![\w-])/i);
    const [, last] = await trial.events.read<CustomerEvent>(`customer-${customerId}`);
    assert.ok(last?.event.type === "CustomerUpdated");
    const profile = await reveal(trial.events.keys, last.event.data.profile);
    assert.deepEqual(profile, { ...ADA, lastName: "Byron" });
  });

  void test("the same key registers once; its kept digest does not tell the password", async (t) => {
    const trial = trialCustomers(t);
    const idempotency = { principal: "anonymous", operation: "register", key: "k", content: "0".repeat(64) };
    const first = await executedOf(trial.service, registerCustomer, registration(), { idempotency });
    const again = await executedOf(trial.another(), registerCustomer, registration(), { idempotency });
    assert.ok(first.kind === "answered" && again.kind === "answered");
    assert.deepEqual([again.isReplayed, again.answer], [true, first.answer]);
    const [kept] = await trial.store.listKeys("answer/");
    assert.match(kept?.value ?? "", /^[0-9a-f]{64}\n/);
    assert.ok(!kept?.value.startsWith(idempotency.content));
    const other = { idempotency: { ...idempotency, content: "1".repeat(64) } };
    assert.equal((await executedOf(trial.service, registerCustomer, registration(), other)).kind, "keyReused");
  });
});

void describe("passwords", () => {
  void test("of two who change one at once in two processes by the same current one, one is told that it is another one", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    const both = [trial.another(), trial.another()].map((each, n) =>
      outcomeOf(each, changePassword, { customerId, current: PASSWORD, password: `battery staple ${n}` }),
    );
    const codes = (await Promise.all(both)).map(codeOf);
    assert.deepEqual(codes.toSorted(), ["done", "password-wrong"]);
    const winner = `battery staple ${codes.indexOf("done")}`;
    const input = { name: ADA.userName, password: winner, address: "a" };
    assert.equal(valueOf(await trial.service.identity.logIn(input, CONTEXT)).customerId, customerId);
    assert.equal((await keysOf(trial, "log-in/")).length, 1);
  });

  void test("a session given while the password changes is of the one that was proven", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    const { identity } = trial.another();
    const input = { name: ADA.userName, password: PASSWORD, address: "a" };
    const [session] = await Promise.all([
      identity.logIn(input, CONTEXT),
      outcomeOf(trial.service, changePassword, { customerId, current: PASSWORD, password: "battery staple" }),
    ]);
    trial.clock.advance(2_000);
    if ("value" in session) assert.equal(await identity.principals.authenticate(session.value.token), undefined);
    else assert.equal(session.refusal.code, "log-in-refused");
  });

  void test("of who is not there or was deleted there is none to change", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    await outcomeOf(trial.service, deleteCustomer, { customerId });
    for (const id of [customerId, "cus_none"]) {
      const input = { customerId: id, current: PASSWORD, password: "battery staple" };
      assert.equal(codeOf(await outcomeOf(trial.service, changePassword, input)), "password-wrong");
    }
    assert.deepEqual(await keysOf(trial, "log-in/"), []);
  });
});

void describe("deleting", () => {
  /** Lets the consumer work for a while. */
  async function hour(trial: TrialCustomers): Promise<void> {
    const consumer = trial.service.startErasures();
    for (let turn = 0; turn < 400; turn++) {
      trial.clock.advance(10_000);
      await setImmediate();
    }
    await consumer.stop();
  }

  void test("frees the names and ends the log-in at once, in two processes once", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    const both = [trial.another(), trial.another()].map((each) => outcomeOf(each, deleteCustomer, { customerId }));
    assert.deepEqual((await Promise.all(both)).map(codeOf), ["done", "done"]);
    assert.equal((await trial.store.head()).position, 2);
    assert.deepEqual([await keysOf(trial, "name/"), await keysOf(trial, "log-in/")], [[], []]);
    const input = { name: ADA.userName, password: PASSWORD, address: "a" };
    const refused = await trial.service.identity.logIn(input, CONTEXT);
    assert.ok("refusal" in refused && refused.refusal.code === "log-in-refused");
    assert.notEqual(await trial.register(), customerId);
  });

  void test("erases what is sealed when its time has come, and only the deleted customer's", async (t) => {
    const trial = trialCustomers(t);
    const [gone, stays] = [await trial.register(), await trial.register({ userName: "other", email: "other@example.org" })];
    await trial.project();
    await outcomeOf(trial.service, deleteCustomer, { customerId: gone });
    assert.ok(await trial.events.keys.get(gone), "not at once");
    await hour(trial);
    assert.equal(await trial.events.keys.get(gone), undefined);
    assert.ok(await trial.events.keys.get(stays));
    await trial.project();
    const { rows } = await trial.store.listRows({ collection: "customer-search.1" });
    assert.deepEqual(
      rows.map(({ key }) => key),
      [stays],
    );
  });

  void test("waits for an open order to end", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    trial.ordering.add(customerId);
    await outcomeOf(trial.service, deleteCustomer, { customerId });
    await hour(trial);
    await hour(trial);
    assert.ok(await trial.events.keys.get(customerId));
    trial.ordering.clear();
    await hour(trial);
    await hour(trial);
    assert.equal(await trial.events.keys.get(customerId), undefined);
    assert.deepEqual(await trial.store.listDue("queue/erasures/0", Infinity), [], "and then no more is done");
  });

  void test("is for ever: nothing else is legal then", async (t) => {
    const trial = trialCustomers(t);
    const customerId = await trial.register();
    await outcomeOf(trial.service, deleteCustomer, { customerId });
    for (const operation of [activateCustomer, deactivateCustomer])
      assert.equal(codeOf(await outcomeOf(trial.service, operation, { customerId })), "customer-not-found");
    const change = { userName: "again" };
    assert.equal(codeOf(await outcomeOf(trial.service, updateCustomer, { customerId, change })), "customer-not-found");
    assert.deepEqual(await keysOf(trial, "name/"), []);
    const shown = await trial.service.queries.dispatch(getCustomer, { customerId }, around);
    assert.deepEqual([shown?.status, shown?.profile], ["deleted", undefined]);
  });
});

void describe("what others are told", () => {
  function asked(trial: TrialCustomers) {
    const local = localTransport({ clock: trial.clock });
    local.add(trial.service.calls);
    return client(customersContract, local.transport);
  }

  void test("standing: a customer of elsewhere is not known, an inactive or deleted one is not active", async (t) => {
    const trial = trialCustomers(t);
    const calls = asked(trial);
    const customerId = await trial.register();
    const standing = async (id = customerId) => valueOf(await calls.standing({ customerId: id }, around));
    assert.deepEqual(await standing("17850"), { isKnown: false, isActive: false });
    assert.deepEqual(await standing(), { isKnown: true, isActive: true });
    await outcomeOf(trial.service, deactivateCustomer, { customerId });
    assert.deepEqual(await standing(), { isKnown: true, isActive: false });
    await outcomeOf(trial.service, activateCustomer, { customerId });
    assert.deepEqual(await standing(), { isKnown: true, isActive: true });
    await outcomeOf(trial.service, deleteCustomer, { customerId });
    assert.deepEqual(await standing(), { isKnown: true, isActive: false });
  });

  void test("contact: who is written to, until they are deleted or erased", async (t) => {
    const trial = trialCustomers(t);
    const calls = asked(trial);
    const [one, other] = [await trial.register(), await trial.register({ userName: "other", email: "other@example.org" })];
    const contact = async (customerId: string) => valueOf(await calls.contactOf({ customerId }, around));
    assert.deepEqual(await contact(one), { firstName: "Ada", lastName: "King", email: "Ada@Example.org" });
    assert.equal(await contact("cus_none"), null);
    await outcomeOf(trial.service, deleteCustomer, { customerId: one });
    assert.equal(await contact(one), null);
    await trial.events.keys.erase(other);
    assert.equal(await contact(other), null);
  });

  void test("wishes: everything but what was turned off", async (t) => {
    const trial = trialCustomers(t);
    const calls = asked(trial);
    const customerId = await trial.register();
    await outcomeOf(trial.service, changePreferences, { customerId, unwanted: ["order-shipped"] });
    const wants = async (kind: "welcome" | "order-shipped", id = customerId) =>
      valueOf(await calls.wants({ customerId: id, kind }, around));
    assert.deepEqual([await wants("order-shipped"), await wants("welcome")], [false, true]);
    assert.equal(await wants("order-shipped", "17850"), true);
    await outcomeOf(trial.service, deleteCustomer, { customerId });
    assert.equal(await wants("welcome"), false);
  });
});

void describe("lists", () => {
  void test("newest first, a page at a time, of all or of one status", async (t) => {
    const trial = trialCustomers(t);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      trial.clock.advance(1);
      ids.unshift(await trial.register({ userName: `user${n}`, email: `user${n}@example.org` }));
    }
    const [, second = ""] = ids;
    await outcomeOf(trial.service, deactivateCustomer, { customerId: second });
    const first = await trial.service.queries.dispatch(listCustomers, { limit: 3 }, around);
    const rest = await trial.service.queries.dispatch(listCustomers, { limit: 3, after: first.next }, around);
    assert.deepEqual(
      [...first.customers, ...rest.customers].map(({ id }) => id),
      ids,
    );
    assert.equal(rest.next, undefined);
    const inactive = await trial.service.queries.dispatch(listCustomers, { status: "inactive", limit: 3 }, around);
    assert.deepEqual(
      inactive.customers.map(({ id }) => id),
      [second],
    );
  });

  void test("found by parts of the names and the address that they have now, and by the id", async (t) => {
    const trial = trialCustomers(t);
    const found = async (text: string) =>
      (await trial.service.queries.dispatch(searchCustomers, { text, limit: 10 }, around)).map(({ id }) => id);
    const ada = await trial.register();
    const zoe = await trial.register({ userName: "zmu", firstName: "Zoë", lastName: "Müller", email: "z.m@example.org" });
    await trial.project();
    for (const text of ["ADA KI", "da.king", "ada@exa"]) assert.deepEqual(await found(text), [ada], text);
    for (const text of ["zoe mu", "Müller", "zmu"]) assert.deepEqual(await found(text), [zoe], text);
    assert.deepEqual(await found(ada), [ada]);
    assert.deepEqual([...(await found("example.org"))].toSorted(), [ada, zoe].toSorted());
    assert.deepEqual(await found("da. king"), [], "the whole text must be there");
    await outcomeOf(trial.service, updateCustomer, { customerId: ada, change: { lastName: "Byron", userName: "countess" } });
    await trial.project();
    assert.deepEqual([await found("king"), await found("byron")], [[], [ada]]);
    await outcomeOf(trial.service, deleteCustomer, { customerId: ada });
    assert.deepEqual(await found("byron"), [], "also before the search has seen it");
  });
});
