import type { Row, Store } from "@daybook/data/store";
import { canonicalText, isRecord, memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { rowsOf } from "../listed-entries.ts";
import type { Check } from "../log/fact.ts";
import { orderState } from "./order-fold.ts";
import type { OrderReplay } from "./order-replay.ts";

const COLLECTION = "snapshots.order";
/** Of the states that are verified; snapshots of another shape are not read by the program, either. */
const SHAPE = 2;

/** A snapshot of an order is its stream folded up to the snapshot's version: with the tail, it is what a whole replay gives. */
export function snapshotsCheck(store: Store, replay: OrderReplay): Check {
  const findings = new Findings("snapshots (law 1)");
  return {
    findings: [findings],
    async end() {
      let unused = 0;
      for await (const row of rowsOf(store, COLLECTION)) {
        const snapshot = snapshotOf(row);
        if (snapshot?.shape !== undefined && snapshot.shape !== SHAPE) {
          unused++;
          continue;
        }
        findings.checked++;
        const fault = snapshot ? await faultOf(store, replay, snapshot) : "not in the form of a snapshot";
        if (fault !== undefined) findings.violated(fault, { key: `${COLLECTION}/${row.key}` });
      }
      if (unused > 0) findings.measure("unusedSnapshots", unused);
    },
  };
}

interface Snapshot {
  readonly orderId: string;
  readonly shape: number;
  readonly version: number;
  readonly state: unknown;
}

/** Its key is the stream and one of two slots. */
function snapshotOf({ key, value }: Row): Snapshot | undefined {
  const [, orderId] = /^order-(.+)@[01]$/.exec(key) ?? [];
  const parsed = parsedJson(value);
  const [shape, version, state] = ["fold", "version", "state"].map((name) => memberOf(parsed, name));
  const isInForm = Number.isSafeInteger(shape) && Number.isSafeInteger(version) && Number(version) >= 1 && isRecord(state);
  return orderId !== undefined && isInForm ? { orderId, shape: Number(shape), version: Number(version), state } : undefined;
}

async function faultOf(store: Store, replay: OrderReplay, { orderId, version, state }: Snapshot): Promise<string | undefined> {
  if ((await store.streamVersion(`order-${orderId}`)) < version)
    return "the snapshot is of a version that the stream does not have";
  const order = await replay(orderId, version);
  const isSame = order?.version === version && canonicalText(state) === canonicalText(orderState(order));
  return isSame ? undefined : "the snapshot is not the fold of its stream";
}
