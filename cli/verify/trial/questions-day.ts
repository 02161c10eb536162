import assert from "node:assert/strict";
import { sleep } from "@daybook/kernel/clock";
import type { Shop } from "@daybook/shop/shop";

const CONTEXT = { correlationId: "cor_questions", actor: "usr_trial", tenant: "default" };

/**
 * Questions of each kind: one waits for somebody, one is taken, one resolved, one was settled and is asked again in other words;
 * and a comparison.
 */
export async function questionsDay({ questions: service, random, clock }: Shop): Promise<void> {
  const { questions, comparisons } = service;
  async function ask(subject: string, found: string, orderId?: string): Promise<string> {
    const difference = { cause: "charge-differs", subject, key: `key-${subject}`, found };
    const asked = await questions.ask(
      { source: "payments", ...difference, ...(orderId !== undefined && { orderId }) },
      { context: CONTEXT },
    );
    assert.ok("value" in asked);
    return asked.value.questionId;
  }
  const options = { context: CONTEXT, render: ({ kind }: { readonly kind: string }) => assert.equal(kind, "done") };
  const by = "usr_trial";

  await ask("ch_open", "1, not 2", "ord_asked");
  const taken = await ask("ch_taken", "1, not 2");
  await ask("ch_taken", "1, not 3");
  await questions.execute({ type: "take", questionId: taken, by, note: "I call them" }, options);
  const resolved = await ask("ch_resolved", "1, not 2");
  await questions.execute({ type: "resolve", questionId: resolved, by, reason: "their mistake" }, options);
  const settled = await ask("ch_settled", "1, not 2");
  await questions.settle({ questionId: settled }, CONTEXT);
  await ask("ch_settled", "1, not 4");
  const gone = await ask("ch_gone", "1, not 2");
  await questions.settle({ questionId: gone }, CONTEXT);

  const consumer = service.startComparing(random);
  await comparisons.request({ source: "fulfilment" }, CONTEXT);
  while ((await comparisons.last()).length === 0) await sleep(clock, 5);
  await consumer.stop();
}
