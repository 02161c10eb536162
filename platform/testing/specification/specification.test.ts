import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accept, refuse, type Decider } from "@daybook/data/cqrs/decider";
import type { DomainEvent } from "@daybook/data/event-store/event";
import { specification } from "./specification.ts";

type Switched = DomainEvent<"Switched", { readonly to: boolean }>;
interface Lamp {
  isOn: boolean;
}

const switched = (to: boolean): Switched => ({ type: "Switched", data: { to } });

const lamp: Decider<Lamp, { readonly to: boolean }, Switched> = {
  category: "lamp",
  version: 1,
  initial: { isOn: false },
  decide({ to }, { isOn }, at) {
    if (at > 100) return refuse("too-late", "It is night.", { at });
    return to === isOn ? accept() : accept(switched(to));
  },
  evolve: (_, { data }) => ({ isOn: data.to }),
};

void describe("specification", () => {
  const { given } = specification(lamp);

  void test("says what happens, what does not, and what is refused", () => {
    assert.deepEqual(given().when({ to: true }).thenHappens(switched(true)), { isOn: true });
    given(switched(true)).when({ to: true }).thenNothingHappens();
    assert.equal(given().when({ to: true }, 101).thenRefused("too-late", { at: 101 }).message, "It is night.");
    assert.deepEqual(given(switched(true), switched(false)).state, { isOn: false });
  });

  void test("fails when it is otherwise", () => {
    assert.throws(() => given().when({ to: true }).thenNothingHappens(), /what was decided/);
    assert.throws(() => given().when({ to: true }).thenHappens(switched(false)), /what was decided/);
    assert.throws(() => given().when({ to: true }).thenRefused("too-late"), /accepted/);
    assert.throws(() => given().when({ to: true }, 101).thenHappens(switched(true)), /what was decided/);
    assert.throws(() => given().when({ to: true }, 101).thenRefused("too-early"), /too-late/);
    assert.throws(() => given().when({ to: true }, 101).thenRefused("too-late", { at: 1 }));
  });

  void test("a decider that changes its state fails", () => {
    const dirty = specification<Lamp, { readonly to: boolean }, Switched>({
      ...lamp,
      decide({ to }, state) {
        state.isOn = to;
        return accept();
      },
    });
    assert.throws(() => dirty.given(switched(true)).when({ to: false }), TypeError);
  });
});
