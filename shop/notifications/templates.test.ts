import assert from "node:assert/strict";
import { test } from "node:test";
import { money } from "@daybook/kernel/money";
import { notificationKindSchema } from "@daybook/shop-customers/contract";
import { SHIPMENT } from "./conformance/trial.ts";
import { letterOf } from "./templates.ts";

test("a confirmation names the order, what it costs, who brings it and when", () => {
  const { subject, text } = letterOf("order-confirmed", {
    name: "Ada <Byron>",
    orderId: "ord_1",
    total: money(123_456n, "GBP"),
    shipment: SHIPMENT,
  });
  assert.equal(subject, "Your order ord_1 is confirmed");
  for (const said of ["Hello Ada <Byron>,", "1234.56 GBP", "shp_1", "SB1", "Sandbox <Post>", "2026-01-05"])
    assert.ok(text.includes(said), said);
});

test("who did not change the password learns that somebody did", () => {
  const letter = letterOf("profile-changed", { changed: "password" });
  assert.equal(letter.subject, "Your password was changed");
  assert.match(letter.text, /Your password was changed\. If it was not you/);
});

test("each kind has its letter, also when nothing is known beside it", () => {
  const subjects = notificationKindSchema.options.map((kind) => {
    const { subject, text } = letterOf(kind, { orderId: "ord_1", trackingNumber: "SB1" });
    assert.ok(text.startsWith("Hello,\n\n") && !text.includes("undefined"));
    return subject;
  });
  assert.equal(new Set(subjects).size, notificationKindSchema.options.length);
});
