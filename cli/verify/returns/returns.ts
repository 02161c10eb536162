import { memberOf, type JsonRecord } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { placeOf, type Check, type Fact } from "../log/fact.ts";
import { askedIn } from "../store/asked.ts";
import type { Verifying } from "../verifying.ts";
import { compareLists, compareRows, textDigest, type ExpectedRow } from "../shop/expected-rows.ts";
import type { OrderReplay } from "../shop/order-replay.ts";
import { deedFaults, noteDeed, type AllDeeds } from "./return-deeds.ts";
import { foldReturns, returnRowText, type FoldedReturns } from "./return-fold.ts";

interface OrdersReturns {
  readonly returns: FoldedReturns;
  readonly version: number;
  readonly position: number;
  readonly recordedAt: number;
}

interface ExpectedReturn extends ExpectedRow {
  readonly one: JsonRecord;
}

const CATEGORY = "return-";
const RUN = "workflow-return-";
const OPEN: ReadonlySet<unknown> = new Set(["requested", "accepted", "received"]);

const LISTS: Readonly<Record<string, (returnId: string, expected: ExpectedReturn) => string | undefined>> = {
  requested: (_, { one }) => time(one),
  status: (_, { one }) => `${String(one["status"])} ${time(one)}`,
  order: (_, { one }) => `${String(one["orderId"])} ${time(one)}`,
  customer: (_, { one }) => (typeof one["customerId"] === "string" ? `${one["customerId"]} ${time(one)}` : undefined),
};

/**
 * Every return is folded anew. Each event was legal; no more comes back than was bought, at its exact share; the rows are
 * that fold. Stock, money, credit note and order agree with it: nothing is back of a return whose pieces are not here, and
 * all of it once it is completed. One that is not over has a workflow, or the message that starts it.
 */
export function returnsCheck(verifying: Verifying, replay: OrderReplay): Check {
  const check = new ReturnsCheck(verifying, replay);
  return { findings: check.findings, fact: (fact) => check.fact(fact), end: () => check.end() };
}

class ReturnsCheck {
  private readonly rules = new Findings("return rules (laws 2 and 13)");
  private readonly rows = new Findings("returns read model (law 3)");
  private readonly agree = new Findings("returns agree");
  readonly findings = [this.rules, this.rows, this.agree];
  private readonly orders = new Map<string, OrdersReturns>();
  private readonly deeds: AllDeeds = new Map();
  /** Where a return was completed. */
  private readonly completedAt = new Map<string, number>();
  /** How the workflow of a return ended. */
  private readonly ended = new Map<string, string>();
  private readonly verifying: Verifying;
  private readonly replay: OrderReplay;

  constructor(verifying: Verifying, replay: OrderReplay) {
    this.verifying = verifying;
    this.replay = replay;
  }

  async fact(fact: Fact): Promise<void> {
    const { stream } = fact.stored;
    if (stream.startsWith(CATEGORY)) return this.change(fact);
    if (stream.startsWith(RUN)) this.ended.set(stream.slice(RUN.length), String(memberOf(fact.data, "status")));
    const fault = noteDeed(this.deeds, fact);
    if (fault !== undefined) this.agree.violated(fault, placeOf(fact));
  }

  async end(): Promise<void> {
    const { store, head, meter } = this.verifying;
    const expected = this.expected();
    const collection = { store, name: "returns", expected, head, findings: this.rows, meter };
    await compareRows(collection);
    await compareLists(collection, LISTS);
    const asked = await askedIn(store, "return-work", "returnId");
    for (const [returnId, { one }] of expected) {
      this.agree.checked++;
      const where = { stream: `${CATEGORY}${String(one["orderId"])}`, key: `returns/${returnId}` };
      for (const fault of deedFaults(one, this.deeds.get(returnId))) this.agree.violated(fault, where);
      for (const fault of this.openFaults(returnId, one)) this.agree.violated(fault, where);
      if (!OPEN.has(one["status"]) || this.ended.has(returnId) || asked.has(returnId)) continue;
      if (!(await store.getRow("workflow", `return-${returnId}`))) this.agree.violated("nothing carries the return out", where);
    }
    for (const [returnId, { orderId }] of this.deeds) {
      if (!expected.has(returnId))
        this.agree.violated("something is back of no return", { stream: `order-${orderId}`, key: returnId });
    }
  }

  private async change(fact: Fact): Promise<void> {
    const { stream, type, version, position, recordedAt } = fact.stored;
    const orderId = stream.slice(CATEGORY.length);
    this.rules.checked++;
    const before = this.orders.get(orderId)?.returns ?? new Map<string, JsonRecord>();
    const order = type === "ReturnRequested" ? await this.replay(orderId, Number.MAX_SAFE_INTEGER) : undefined;
    const { returns, faults } = foldReturns(orderId, before, { ...fact.stored, data: fact.data }, order);
    for (const fault of faults) this.rules.violated(fault, placeOf(fact));
    this.orders.set(orderId, { returns, version, position, recordedAt });
    if (type === "ReturnCompleted") this.completedAt.set(String(memberOf(fact.data, "returnId")), position);
  }

  /** Each event of an order's returns puts all their rows. */
  private expected(): ReadonlyMap<string, ExpectedReturn> {
    const expected = new Map<string, ExpectedReturn>();
    for (const { returns, version, position, recordedAt } of this.orders.values()) {
      for (const [returnId, one] of returns) {
        expected.set(returnId, { digest: textDigest(returnRowText(one, version)), position, recordedAt, one });
      }
    }
    return expected;
  }

  private *openFaults(returnId: string, one: JsonRecord): Generator<string> {
    const end = this.ended.get(returnId);
    const isOver = end === "completed" || end === "compensated" || end === "cancelled";
    if (isOver && OPEN.has(one["status"])) yield `its workflow has ended, and it is ${String(one["status"])}`;
    const completedAt = this.completedAt.get(returnId);
    const isKnown = (this.deeds.get(returnId)?.told.length ?? 0) > 0;
    if (completedAt !== undefined && completedAt <= this.verifying.marks.progressedTo && !isKnown) {
      yield "it is completed, and the order does not know";
    }
  }
}

/** Lists are in the order of the texts: fifteen digits. */
function time({ requestedAt }: JsonRecord): string {
  return String(requestedAt).padStart(15, "0");
}
