import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { specification } from "@daybook/testing/specification";
import type { Difference } from "./contract.ts";
import type { QuestionEvent } from "./events.ts";
import { questionDecider, questionIdOf, type QuestionCommand } from "./question.ts";

const { given } = specification(questionDecider);
const questionId = "qst_1";
const difference: Difference = { cause: "amount-differs", subject: "ch_1", key: "k", orderId: "ord_1", found: "1, not 2" };
const ask = (found = difference.found): QuestionCommand => {
  return { type: "ask", questionId, source: "payments", difference: { ...difference, found } };
};
const asked = (found = difference.found): QuestionEvent => {
  return { type: "QuestionAsked", data: { questionId, source: "payments", ...difference, found, askedAt: 0 } };
};
const take: QuestionCommand = { type: "take", questionId, by: "usr_1", note: "I call them" };
const taken: QuestionEvent = { type: "QuestionTaken", data: { questionId, by: "usr_1", note: "I call them" } };
const resolve: QuestionCommand = { type: "resolve", questionId, by: "usr_2", reason: "their mistake" };
const resolved: QuestionEvent = { type: "QuestionResolved", data: { questionId, by: "usr_2", reason: "their mistake" } };
const settle: QuestionCommand = { type: "settle", questionId };
const settled: QuestionEvent = { type: "QuestionSettled", data: { questionId } };
const changed: QuestionEvent = { type: "QuestionChanged", data: { questionId, found: "3" } };

void describe("a question", () => {
  void test("is asked once, however often it is found; found otherwise it changes", () => {
    given().when(ask()).thenHappens(asked());
    for (const before of [[asked()], [asked(), taken]]) {
      given(...before)
        .when(ask())
        .thenNothingHappens();
      given(...before)
        .when(ask("3"))
        .thenHappens(changed);
      given(...before, changed)
        .when(ask("3"))
        .thenNothingHappens();
    }
  });

  void test("is taken, by somebody else after that, and resolved", () => {
    given(asked()).when(take).thenHappens(taken);
    given(asked(), taken).when(take).thenNothingHappens();
    given(asked(), taken)
      .when({ ...take, by: "usr_3" })
      .thenHappens({ type: "QuestionTaken", data: { questionId, by: "usr_3", note: "I call them" } });
    for (const before of [[asked()], [asked(), taken]])
      given(...before)
        .when(resolve)
        .thenHappens(resolved);
    given(asked(), resolved).when(resolve).thenNothingHappens();
    given(asked(), resolved)
      .when({ ...resolve, reason: "no" })
      .thenRefused("question-closed", { status: "resolved" });
    given(asked(), resolved).when(take).thenRefused("question-closed", { status: "resolved" });
  });

  void test("that somebody has resolved is asked again only when it is found otherwise", () => {
    given(asked(), resolved).when(ask()).thenNothingHappens();
    const again = given(asked(), taken, resolved).when(ask("3")).thenHappens(asked("3"));
    assert.ok(again.status === "open" && !again.taken && !again.resolved);
  });

  void test("that is no longer so is settled, whoever has it, and asked again when it is so again", () => {
    for (const before of [[asked()], [asked(), taken]])
      given(...before)
        .when(settle)
        .thenHappens(settled);
    given(asked(), settled).when(settle).thenNothingHappens();
    given(asked(), resolved).when(settle).thenNothingHappens();
    given(asked(), settled).when(ask()).thenHappens(asked());
    given(asked(), settled).when(resolve).thenRefused("question-closed", { status: "settled" });
  });

  void test("that nobody asked is not there", () => {
    for (const command of [take, resolve, settle]) given().when(command).thenRefused("question-not-found");
  });

  void test("is the same for one cause and subject of one source, and for no others", () => {
    const ids = (["payments", "shipping"] as const).flatMap((source) =>
      ["a", "b"].flatMap((cause) => ["1", "2"].map((subject) => questionIdOf(source, { cause, subject }))),
    );
    assert.equal(new Set(ids).size, 8);
    assert.equal(questionIdOf("payments", { cause: "a", subject: "1" }), ids[0]);
  });
});
