import { hkdfSync } from "node:crypto";
import type { Store } from "@daybook/data/store";
import { Findings } from "../findings.ts";
import { keysOf } from "../listed-entries.ts";
import type { Check } from "../log/fact.ts";
import { unwrapWithAny } from "../sealed-block.ts";

const SUBJECTS = "subject/";

/** The mark of the store of keys is that of a master key; every subject's key opens under one, unless it was erased. */
export function subjectKeysCheck(keysStore: Store | undefined, masterKeys: readonly Uint8Array[]): Check {
  const findings = new Findings("subject keys");
  return {
    findings: [findings],
    async end() {
      if (!keysStore || masterKeys.length === 0) return;
      const mark = await keysStore.getKey("master-key");
      if (mark !== undefined && !masterKeys.some((key) => markOf(key) === mark)) {
        findings.violated("the mark is of another master key", { key: "master-key" });
      }
      for await (const { key, value } of keysOf(keysStore, SUBJECTS)) {
        findings.checked++;
        if (value === "erased" || unwrapWithAny(masterKeys, key.slice(SUBJECTS.length), value)) continue;
        findings.violated("the key does not open under the master key", { key });
      }
    },
  };
}

/** docs/format.md, section "Subject keys". */
export function markOf(masterKey: Uint8Array): string {
  return Buffer.from(hkdfSync("sha256", masterKey, new Uint8Array(0), "daybook/master-key-mark/1", 32)).toString("hex");
}
