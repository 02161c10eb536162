import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusedCustomer, type Customers } from "./customer-standing.ts";

const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };
const customers = (isKnown: boolean, isActive: boolean): Customers => ({
  standing: async () => ({ value: { isKnown, isActive } }),
});

void describe("who may order", () => {
  void test("guests, customers of elsewhere, and customers whose account is active", async () => {
    assert.equal(await refusedCustomer(customers(false, false), undefined, context), undefined);
    assert.equal(await refusedCustomer(customers(false, false), "cus_1", context), undefined);
    assert.equal(await refusedCustomer(customers(true, true), "cus_1", context), undefined);
  });

  void test("not one whose account is inactive or deleted", async () => {
    assert.equal((await refusedCustomer(customers(true, false), "cus_1", context))?.code, "customer-inactive");
  });
});
