import { isDeepStrictEqual } from "node:util";
import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import type { Operation } from "./operation.ts";

/** Idempotency: one key and content, one effect and the same bytes; another content under it is refused. */
export function checkKeys(operations: readonly Operation[], { log }: RawState, findings: Findings): void {
  const effects = new Map<string, number>();
  for (const { meta, stream } of log) {
    if (!stream.startsWith("order-")) continue;
    const { causation } = JSON.parse(meta) as { causation: string }; // every event has one
    effects.set(causation, (effects.get(causation) ?? 0) + 1);
  }
  const groups = Map.groupBy(
    operations.filter(({ key }) => key !== undefined),
    ({ client, request, key }) => `${client} ${request.kind} ${key}`,
  );
  for (const [name, group] of groups) checkGroup(name, group, effects, findings);
}

function checkGroup(name: string, group: readonly Operation[], effects: ReadonlyMap<string, number>, findings: Findings): void {
  const count = group.reduce((sum, { id }) => sum + (effects.get(id) ?? 0), 0);
  findings.expect("one effect a key", count <= 1, () => `${name}: ${count} effects`);
  const answered = group.filter(({ executed }) => executed?.kind === "answered");
  const [first] = answered;
  const told = first?.executed?.kind === "answered" ? first.executed.answer : undefined;
  for (const { id, request, executed } of answered) {
    const isSame =
      executed?.kind === "answered" && isDeepStrictEqual(executed.answer, told) && isDeepStrictEqual(request, first?.request);
    findings.expect(
      "same key, same bytes",
      isSame,
      () => `${name}: ${id} was told ${JSON.stringify(executed)}, not ${JSON.stringify(told)}`,
    );
  }
  for (const operation of group) {
    checkLater(name, operation, answered, findings);
    const { executed, request, ended } = operation;
    const isDue =
      executed?.kind !== "keyReused" || group.some((other) => other.began < ended && !isDeepStrictEqual(other.request, request));
    findings.expect("a key is its caller's", isDue, () => `${name}: ${operation.id} was told of another use of its key`);
  }
}

/** Once a key has an answer, it has no other one: the same content gets it again, another content nothing. */
function checkLater(name: string, operation: Operation, answered: readonly Operation[], findings: Findings): void {
  const { id, request, executed, began, outcome } = operation;
  const earlier = answered.find(({ ended }) => ended < began);
  if (outcome !== "ok" || !earlier || !executed) return;
  const isOther = !isDeepStrictEqual(request, earlier.request);
  const isRight = isOther ? executed.kind === "keyReused" : executed.kind === "answered" && executed.isReplayed;
  findings.expect("a key is used once", isRight, () => `${name}: ${id} after ${earlier.id}: ${JSON.stringify(executed)}`);
}
