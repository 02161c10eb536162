import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Executed } from "@daybook/data/cqrs/aggregates";
import { waitFor } from "@daybook/data/cqrs/read-model";
import { errorCode } from "@daybook/kernel/errors";
import { cancelOrder, getOrder, placeOrder, searchOrders, type PlacedOrRefused } from "@daybook/shop-ordering/contract";
import { FILES, openShop, SYSTEM_CONTEXT, type Shop } from "./service.ts";

const CONTEXT = { correlationId: "cor_1", actor: "usr_1", tenant: "default" };
const CONTACT = { firstName: "Zoë", lastName: "Unmistakable", email: "zoe@example.org" };

/** Runs `use` with a data folder that does not exist yet; removes it, and closes the shops that were opened in it. */
async function withFolder(use: (open: (more?: object) => Promise<Shop>, data: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), "daybook-shop-"));
  const data = join(parent, "data");
  const opened: Shop[] = [];
  try {
    await use(async (more = {}) => {
      const shop = await openShop({ data, ...more });
      opened.push(shop);
      return shop;
    }, data);
  } finally {
    for (const shop of opened) await shop.close();
    await rm(parent, { recursive: true });
  }
}

async function place(shop: Shop): Promise<string> {
  const input = { customerId: "cus_1", contact: CONTACT, items: [{ productId: "mug-blue", quantity: 2 }] };
  const execution = { context: CONTEXT, render: (outcome: PlacedOrRefused) => outcome };
  const executed = (await shop.ordering.commands.dispatch(placeOrder, input, execution)) as Executed<PlacedOrRefused>;
  assert.ok(executed.kind === "answered" && executed.answer.kind === "done" && executed.answer.state.status === "placed");
  return executed.answer.state.orderId;
}

async function searched(shop: Shop, text: string): Promise<readonly string[]> {
  const { position } = await shop.store.head();
  assert.ok((await waitFor(shop.store, shop.ordering.search, position, 60_000, shop.clock)).isReached);
  return (await shop.ordering.queries.dispatch(searchOrders, { text, limit: 5 }, { context: CONTEXT })).map(({ id }) => id);
}

function isRefusedWith(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.equal(errorCode(error), code);
    return true;
  };
}

for (const store of ["memory", "sqlite"]) {
  void describe(`the shop on ${store}`, () => {
    void test("takes orders, finds them and cancels them", async () => {
      await withFolder(async (open) => {
        const shop = await open({ store });
        await shop.catalogue.seed(SYSTEM_CONTEXT);
        shop.startBackground();
        const orderId = await place(shop);
        assert.deepEqual(await searched(shop, "unmistak"), [orderId]);
        await shop.ordering.commands.dispatch(cancelOrder, { orderId, reason: "late" }, { context: CONTEXT, render: () => null });
        const found = await shop.ordering.queries.dispatch(getOrder, { orderId }, { context: CONTEXT });
        assert.deepEqual([found?.status, found?.customer.contact], ["cancelled", CONTACT]);
        assert.deepEqual(
          shop.projections().map(({ name }) => name),
          ["order-search", "order-details", "customer-search", "ledger", "product-search", "sold-together"],
        );
        await shop.close();
        await shop.close();
      });
    });

    void test("has its folder to itself", async () => {
      await withFolder(async (open, data) => {
        const shop = await open({ store });
        await assert.rejects(open({ store }), isRefusedWith("data-folder-locked"));
        await shop.close();
        await (await open({ store })).close();
        assert.equal((await stat(data)).mode & 0o777, 0o700);
      });
    });
  });
}

void describe("the shop's data folder", () => {
  void test("closed and opened again, everything is there, and the keys still fit", async () => {
    await withFolder(async (open) => {
      const first = await open();
      await first.catalogue.seed(SYSTEM_CONTEXT);
      const orderId = await place(first);
      const { developmentToken } = first;
      await first.close();
      const second = await open();
      assert.equal(second.developmentToken, developmentToken);
      await second.catalogue.seed(SYSTEM_CONTEXT);
      second.startBackground();
      assert.deepEqual(await searched(second, "ZOE unmis"), [orderId]);
      const found = await second.ordering.queries.dispatch(getOrder, { orderId }, { context: CONTEXT });
      assert.deepEqual([found?.customer, found?.total.minor], [{ id: "cus_1", contact: CONTACT }, "1700"]);
    });
  });

  void test("holds nothing personal in the clear", async () => {
    await withFolder(async (open, data) => {
      const shop = await open();
      await shop.catalogue.seed(SYSTEM_CONTEXT);
      shop.startBackground();
      const orderId = await place(shop);
      await searched(shop, "zoe");
      await shop.close();
      const texts = await Promise.all((await readdir(data)).map((file) => readFile(join(data, file), "latin1")));
      assert.ok(
        texts.some((text) => text.includes(orderId)),
        "the files are those of the order",
      );
      for (const text of texts) assert.ok(!/Unmistakable|zoe@example/i.test(text));
    });
  });

  void test("is read beside its owner, who goes on writing; a reader writes nothing", async () => {
    await withFolder(async (open) => {
      const owner = await open();
      await owner.catalogue.seed(SYSTEM_CONTEXT);
      const first = await place(owner);
      const reader = await open({ isReadOnly: true });
      const second = await place(owner);
      for (const orderId of [first, second]) {
        const found = await reader.ordering.queries.dispatch(getOrder, { orderId }, { context: CONTEXT });
        assert.deepEqual(found?.customer.contact, CONTACT);
      }
      await assert.rejects(place(reader), isRefusedWith("store-read-only"));
      await reader.close();
      await place(owner);
    });
  });

  void test("that is not there is not made by a reader", async () => {
    await withFolder(async (open, data) => {
      await assert.rejects(open({ isReadOnly: true }), isRefusedWith("no-shop-here"));
      await assert.rejects(stat(data));
    });
  });

  void test("whose master key is gone is not opened: no other key is made for old data", async () => {
    await withFolder(async (open, data) => {
      const shop = await open();
      await shop.catalogue.seed(SYSTEM_CONTEXT);
      await place(shop);
      await shop.close();
      const file = join(data, FILES.masterKey);
      const key = await readFile(file);
      await rm(file);
      for (const isReadOnly of [false, true]) await assert.rejects(open({ isReadOnly }), isRefusedWith("key-file-invalid"));
      await assert.rejects(stat(file));
      await writeFile(file, key, { mode: 0o600 });
      await place(await open());
    });
  });

  void test("with another master key of the right size is not opened", async () => {
    await withFolder(async (open, data) => {
      const shop = await open();
      await shop.close();
      await writeFile(join(data, FILES.masterKey), Buffer.alloc(32, 9), { mode: 0o600 });
      for (const isReadOnly of [false, true]) await assert.rejects(open({ isReadOnly }), isRefusedWith("master-key-wrong"));
    });
  });

  void test("gets another master key while orders are placed, and everything is read and found as before", async () => {
    await withFolder(async (open, data) => {
      const shop = await open();
      await shop.catalogue.seed(SYSTEM_CONTEXT);
      shop.startBackground();
      const first = await place(shop);
      await searched(shop, "unmistak");
      const key = await readFile(join(data, FILES.masterKey));
      shop.keyRotation.start();
      const during = await place(shop);
      while (shop.keyRotation.state()?.state === "rotating") await setImmediate();
      assert.equal(shop.keyRotation.state()?.state, "rotated");
      const afterwards = await place(shop);
      await shop.close();
      assert.notDeepEqual(await readFile(join(data, FILES.masterKey)), key);
      await assert.rejects(stat(join(data, FILES.nextMasterKey)));
      const again = await open();
      again.startBackground();
      for (const orderId of [first, during, afterwards]) {
        const found = await again.ordering.queries.dispatch(getOrder, { orderId }, { context: CONTEXT });
        assert.deepEqual(found?.customer.contact, CONTACT);
      }
      assert.equal((await searched(again, "unmistak")).length, 3);
    });
  });

  void test("is not made for a store of a name that nobody knows", async () => {
    await withFolder(async (open, data) => {
      await assert.rejects(open({ store: "mysql://host" }), isRefusedWith("store-unknown"));
      await assert.rejects(stat(data));
    });
  });
});
