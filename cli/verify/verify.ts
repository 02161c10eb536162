import type { Store } from "@daybook/data/store";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import { archivedTo, verifyArchive } from "./archive/archive.ts";
import { Findings, type CheckResult } from "./findings.ts";
import { digestsCheck } from "./log/digests.ts";
import { questionsCheck } from "./questions/questions.ts";
import { readFacts, type Check } from "./log/fact.ts";
import { positionsCheck } from "./log/positions.ts";
import { sealsCheck } from "./log/seals.ts";
import { unitsCheck } from "./log/units.ts";
import { versionsCheck } from "./log/versions.ts";
import { Meter, type Progress } from "./progress.ts";
import { keptTokenSecret } from "./search-tokens.ts";
import { returnsCheck } from "./returns/returns.ts";
import { agreementCheck } from "./shop/agreement.ts";
import { keysCheck } from "./shop/answers.ts";
import { customersCheck } from "./shop/customers.ts";
import { ledgerCheck } from "./shop/ledger.ts";
import { orderDetailsCheck } from "./shop/order-details.ts";
import { orderSearchCheck } from "./shop/order-search.ts";
import { ordersCheck } from "./shop/orders.ts";
import { orderReplay } from "./shop/order-replay.ts";
import { paymentsCheck } from "./shop/payments.ts";
import { personalCheck } from "./shop/personal.ts";
import { productSearchCheck } from "./shop/product-search.ts";
import { productsCheck } from "./shop/products.ts";
import { snapshotsCheck } from "./shop/snapshots.ts";
import { soldTogetherCheck } from "./shop/sold-together.ts";
import { stockCheck } from "./shop/stock.ts";
import { dueCheck } from "./store/due.ts";
import { leasesCheck } from "./store/leases.ts";
import { runsCheck } from "./store/runs.ts";
import { subjectKeysCheck } from "./store/subject-keys.ts";
import { workCheck } from "./store/work.ts";
import { subjectStates } from "./subject-states.ts";
import { readMarks, type Verifying } from "./verifying.ts";

export interface VerifyOptions {
  /** Open subjects' keys (32 bytes each): with them sealed blocks are opened and search tokens recomputed. */
  readonly masterKeys?: readonly Uint8Array[] | undefined;
  /** The folder of the files of old facts. */
  readonly cold?: string | undefined;
  /** Told about every thousandth record and at the start of each stage. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Ends the verification: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  /** Checks what holds only at rest, too, whatever is under way. */
  readonly isAtRest?: boolean;
}

/** What was found; the same members in the same order at all times, so that it can be printed as it is. */
export interface Verification {
  readonly ok: boolean;
  readonly checks: readonly CheckResult[];
}

/**
 * Verifies a store of the shop by its reads alone, with an implementation of its own: nothing here is imported from what
 * wrote the records. Changes nothing; what is written meanwhile is passed over. Rejects only when the store cannot be read.
 */
export async function verify(store: Store, keysStore?: Store, options: VerifyOptions = {}): Promise<Verification> {
  const { masterKeys = [], cold, onProgress, signal, clock = systemClock, isAtRest = false } = options;
  const meter = new Meter({ clock, onProgress, signal });
  const marks = await readMarks(store);
  const archive = await verifyArchive(store, cold);
  const verifying: Verifying = {
    store,
    head: await store.head(),
    archive,
    marks,
    meter,
    isAtRest,
    subjects: keysStore && subjectStates(keysStore, masterKeys),
    tokenSecret: keysStore && (await keptTokenSecret(keysStore, masterKeys)),
  };
  const checks = [...checksOf(verifying), subjectKeysCheck(keysStore, masterKeys)];
  if (archive.isWhole) {
    await readFacts(store, verifying.head, checks, meter);
    for (const check of checks) await check.end?.();
  } else notChecked(checks.slice(1));
  if ((await archivedTo(store)) > archive.to) return verify(store, keysStore, options); // seals went there from under the check
  const results = checks.flatMap((check) => check.findings.map((findings) => findings.result()));
  return { ok: results.every((result) => result.ok), checks: results };
}

/** Without all facts every check would find something, and none would tell what it is. */
function notChecked(checks: readonly Check[]): void {
  for (const { findings } of checks) for (const each of findings) each.notChecked("the archive is not whole");
}

function checksOf(verifying: Verifying): readonly Check[] {
  const { store, head, archive, marks, meter } = verifying;
  const replay = orderReplay(store);
  return [
    archive.check,
    positionsCheck(head),
    versionsCheck(store, head, meter),
    digestsCheck(),
    sealsCheck(store, archive, marks.sealedTo),
    unitsCheck(store),
    ordersCheck(verifying, replay),
    snapshotsCheck(store, replay),
    orderSearchCheck(verifying),
    orderDetailsCheck(verifying),
    productsCheck(verifying),
    productSearchCheck(verifying),
    customersCheck(verifying),
    stockCheck(verifying),
    soldTogetherCheck(verifying),
    paymentsCheck(verifying),
    ledgerCheck(verifying),
    questionsCheck(verifying),
    agreementCheck(verifying),
    returnsCheck(verifying, replay),
    personalCheck(verifying),
    keysCheck(store),
    workCheck(store),
    runsCheck(verifying),
    dueCheck(store),
    leasesCheck(store),
    engineCheck(store),
  ];
}

/** What the engine finds below the contract. */
function engineCheck(store: Store): Check {
  const findings = new Findings("engine");
  return {
    findings: [findings],
    async end() {
      findings.checked++;
      for (const what of await store.check()) findings.violated(what);
    },
  };
}
