import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { aggregates } from "@daybook/data/cqrs/aggregates";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { accountDecider } from "./account.ts";
import { accountRow, accounts } from "./accounts.ts";
import { accountEvents } from "./events.ts";

const context = { correlationId: "cor_1", actor: "sys_import", tenant: "shop" };

function trial() {
  const clock = virtualClock();
  const ids = idSource(clock, seededRandom(1));
  const store = memoryStore({ clock, owners: { account: "payments" } });
  const events = eventStore(store, accountEvents, memoryKeys());
  const open = () => {
    const ofAccounts = aggregates({ events, clock, ids, decider: accountDecider, inline: accountRow });
    return accounts(store, ofAccounts);
  };
  const service = open();
  const fund = async (pence: Readonly<Record<string, bigint>>, by = service, ownerId = "cus_1") => {
    const orders = Object.entries(pence).map(([orderId, minor]) => ({ orderId, amount: money(minor, "GBP") }));
    return (await by.fund({ accountId: "acc_1", ownerId, orders, reason: "import of a file" }, context))?.code;
  };
  const balance = async () => (await service.get("acc_1"))?.balance.minor;
  return { store, service, open, fund, balance };
}

void describe("what orders need from an account", () => {
  void test("is paid in once for each, in one posting for all that are new; the account is opened for it", async () => {
    const { store, service, fund, balance } = trial();
    assert.equal(await fund({ o1: 100n, o2: 250n }), undefined);
    assert.equal(await balance(), "350");
    assert.equal(await store.streamVersion("account-acc_1"), 2);
    assert.equal(await fund({ o2: 250n, o3: 50n }), undefined);
    assert.equal(await fund({ o1: 100n, o2: 250n, o3: 50n }), undefined);
    assert.equal(await balance(), "400");
    assert.deepEqual((await service.get("acc_1"))?.transactions, 2);
  });

  void test("is paid in once, also when two processes say so at once", async () => {
    const { fund, open, balance } = trial();
    const all = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`o${at}`, 10n]));
    const { o0: _, ...others } = all;
    await Promise.all([fund(all), fund(others, open()), fund(all, open())]);
    assert.equal(await balance(), "90");
  });

  void test("is nothing for orders that cost nothing", async () => {
    const { fund, balance } = trial();
    assert.equal(await fund({ o1: 0n }), undefined);
    assert.equal(await balance(), undefined);
  });

  void test("is refused for an account of somebody else's, or one that is closed", async () => {
    const { service, fund, balance } = trial();
    await fund({ o1: 100n });
    assert.equal(await fund({ o2: 100n }, service, "cus_2"), "account-not-found");
    const plain = { context, render: () => null };
    await service.execute("acc_1", { type: "withdraw", amount: money(100n, "GBP"), reason: "paid out" }, plain);
    await service.execute("acc_1", { type: "close" }, plain);
    assert.equal(await fund({ o2: 100n }), "account-closed");
    assert.equal(await balance(), "0");
  });
});
