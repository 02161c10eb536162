import assert from "node:assert/strict";
import { test } from "node:test";
import { stateMachine } from "./state-machine.ts";

const door = stateMachine<"open" | "closed" | "gone", "close" | "open" | "remove">("closed", {
  open: { close: "closed" },
  closed: { open: "open", remove: "gone" },
  gone: {},
});

test("an action leads where the table says, and nowhere when the state refuses it", () => {
  const table = (["open", "closed", "gone"] as const).map((state) =>
    (["close", "open", "remove"] as const).map((action) => door.next(state, action)),
  );
  assert.deepEqual(table, [
    ["closed", undefined, undefined],
    [undefined, "open", "gone"],
    [undefined, undefined, undefined],
  ]);
});

test("the legal actions are exactly those that lead somewhere", () => {
  assert.deepEqual([door.legal("open"), door.legal("closed"), door.legal("gone")], [["close"], ["open", "remove"], []]);
});

test("a state that nothing leaves is terminal", () => {
  assert.deepEqual(door.terminal, ["gone"]);
  assert.equal(door.initial, "closed");
});

test("a word that every object inherits is no action", () => {
  for (const word of ["toString", "constructor", "__proto__", "hasOwnProperty"]) {
    assert.equal(door.next("open", word as "close"), undefined, word); // as it may come from outside
  }
});

test("the machine is drawn with one arrow for each row of the table", () => {
  assert.equal(
    door.draw(),
    [
      "stateDiagram-v2",
      "  [*] --> closed",
      "  open --> closed: close",
      "  closed --> open: open",
      "  closed --> gone: remove",
    ].join("\n"),
  );
});
