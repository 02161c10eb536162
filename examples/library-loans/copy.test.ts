import { test } from "node:test";
import { specification } from "@daybook/testing/specification";
import { copyDecider, type CopyEvent } from "./copy.ts";

const { given } = specification(copyDecider);
const registered: CopyEvent = { type: "CopyRegistered", data: { title: "Moby Dick" } };
const lent: CopyEvent = { type: "CopyLent", data: { loan: 1, title: "Moby Dick", reader: "ann", dueAt: 14 } };
const returned: CopyEvent = { type: "CopyReturned", data: { loan: 1, reader: "ann" } };
const reservedByBob: CopyEvent = { type: "CopyReserved", data: { reader: "bob" } };

test("a copy on the shelf is lent", () => {
  given(registered).when({ kind: "lend", reader: "ann", dueAt: 14 }).thenHappens(lent);
});

test("a copy that somebody has is not lent, but can be reserved", () => {
  given(registered, lent).when({ kind: "lend", reader: "bob", dueAt: 20 }).thenRefused("copy-lent");
  given(registered, lent).when({ kind: "reserve", reader: "bob" }).thenHappens(reservedByBob);
});

test("a reserved copy goes to who is first in line", () => {
  const back = given(registered, lent, reservedByBob, returned);
  back.when({ kind: "lend", reader: "ann", dueAt: 30 }).thenRefused("copy-reserved");
  back
    .when({ kind: "lend", reader: "bob", dueAt: 30 })
    .thenHappens({ type: "CopyLent", data: { loan: 2, title: "Moby Dick", reader: "bob", dueAt: 30 } });
});

test("returning twice returns once", () => {
  given(registered, lent).when({ kind: "return" }).thenHappens(returned);
  given(registered, lent, returned).when({ kind: "return" }).thenNothingHappens();
});

test("what is not registered is not lent, and nothing is registered twice", () => {
  given().when({ kind: "lend", reader: "ann", dueAt: 14 }).thenRefused("copy-unknown");
  given(registered).when({ kind: "register", title: "Emma" }).thenRefused("copy-registered");
});
