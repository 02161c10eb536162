import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { specification } from "@daybook/testing/specification";
import type { Product } from "./contract.ts";
import type { ProductEvent } from "./events.ts";
import { productDecider } from "./product.ts";

const { given } = specification(productDecider);
const mug: Product = { productId: "mug", name: "Mug", price: money(850n, "GBP") };
const listed = (product: Product): ProductEvent => ({ type: "ProductListed", data: product });

void describe("a product", () => {
  void test("is listed with a name and a price", () => {
    given().when({ type: "list", product: mug }).thenHappens(listed(mug));
  });

  void test("listed again as it is, nothing happens", () => {
    given(listed(mug)).when({ type: "list", product: mug }).thenNothingHappens();
  });

  void test("listed again with another name, price or currency, it is changed", () => {
    for (const change of [{ name: "Cup" }, { price: money(900n, "GBP") }, { price: money(850n, "EUR") }]) {
      const changed = { ...mug, ...change };
      given(listed(mug)).when({ type: "list", product: changed }).thenHappens(listed(changed));
      given(listed(mug), listed(changed)).when({ type: "list", product: mug }).thenHappens(listed(mug));
    }
  });

  void test("gets another price when it is listed", () => {
    const dearer = { ...mug, price: money(900n, "GBP") };
    given(listed(mug)).when({ type: "price", price: dearer.price }).thenHappens(listed(dearer));
    given(listed(mug)).when({ type: "price", price: mug.price }).thenNothingHappens();
    given().when({ type: "price", price: mug.price }).thenRefused("product-not-found");
    given(listed(mug))
      .when({ type: "price", price: money(0n, "GBP") })
      .thenRefused("price-not-positive");
  });

  void test("costs something", () => {
    for (const price of [money(0n, "GBP"), money(-1n, "GBP")]) {
      given()
        .when({ type: "list", product: { ...mug, price } })
        .thenRefused("price-not-positive");
    }
  });
});
