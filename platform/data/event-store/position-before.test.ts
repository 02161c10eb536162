import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { memoryStore } from "@daybook/data/store/memory";
import { positionBefore } from "./position-before.ts";

void test("is the last fact before a time, whatever lies between", async () => {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  assert.equal(await positionBefore(store, clock.now() + 1), 0);
  const times: number[] = [];
  for (const [n, ms] of [0, 0, 5, 1, 0, 0, 100].entries()) {
    clock.advance(ms);
    times.push(clock.now());
    const events = [{ type: "Noted", schemaVersion: 1, data: "{}" }];
    const cause = { correlation: "c", actor: "a", tenant: "t" };
    await store.commit({ id: `unt_${n}`, cause, conditions: [], effects: [{ kind: "append", stream: "note-1", events }] });
  }
  for (const time of times.flatMap((each) => [each, each + 1])) {
    assert.equal(await positionBefore(store, time), times.filter((each) => each < time).length);
  }
});
