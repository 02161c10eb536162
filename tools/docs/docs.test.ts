import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { Tree } from "../tidy/rule.ts";
import { parseSource } from "../tidy/source.ts";
import { errorsDocument } from "./errors.ts";
import { guaranteesDocument } from "./guarantees.ts";
import { includingDocument } from "./included.ts";
import { layersDocument } from "./layers.ts";
import { writeDocument } from "./write.ts";

const define = (code: string, more = "") => `export const x = defineError({ code: "${code}", advice: "Wait."${more} });`;
const treeOf = (text: string): Tree => ({ sources: [parseSource("platform/kernel/errors.ts", text)], workspaces: [] });

describe("documents made from the code", () => {
  const root = mkdtempSync(join(tmpdir(), "daybook-docs-"));
  after(() => rmSync(root, { recursive: true, force: true }));
  const write = (text: string, isCheck: boolean) => writeDocument(errorsDocument, treeOf(text), { root, isCheck });
  const read = (path: string) => readFileSync(join(root, path), "utf8");

  test("errors.md has a line for each code, and the check finds a missing one, a stale one and a changed one", async () => {
    const both = define("store-busy", ", retryable: true") + define("unit-invalid");
    assert.equal(await write(both, true), "outdated");
    assert.equal(await write(both, false), "written");
    assert.match(
      read("docs/errors.md"),
      /\| `store-busy` \| yes \| Wait\. \| `platform\/kernel\/errors\.ts` \|\n\| `unit-invalid` \| no \|/,
    );
    assert.equal(await write(both, true), "current");
    assert.equal(await write(define("store-busy"), true), "outdated");
    assert.equal(await write(both + define("new-code"), true), "outdated");
    assert.equal(await write(both.replace("Wait.", "Wait | see."), true), "outdated");
  });

  test("guarantees.md says what the engines of a port say of themselves", async () => {
    const port = `export interface Capabilities { readonly engine: string;
      /** Survives. */
      readonly isDurable: boolean; readonly depth: number }`;
    const tree: Tree = {
      sources: [
        parseSource("platform/data/store/port.ts", port),
        parseSource(
          "platform/data/store/sqlite/a.ts",
          `const DATA: Capabilities = { engine: "sqlite", isDurable: true, depth: 1 };`,
        ),
        parseSource("platform/data/store/memory/b.ts", `f({ capabilities: { engine: "memory", isDurable: false, depth } });`),
        parseSource("platform/data/store/memory/b.test.ts", `f({ capabilities: { engine: "fake" } });`),
      ],
      workspaces: [],
    };
    const text = await guaranteesDocument.render(tree);
    assert.match(text, /\| {2}\| memory \| sqlite \|/);
    assert.match(text, /\| Survives \(`isDurable`\) \| no \| yes \|/);
    assert.match(text, /\(`depth`\) \| as configured \| 1 \|/);
  });

  test("the drawn layers stand between their markers, and the rest stays", async () => {
    const draw = (isCheck: boolean) => writeDocument(layersDocument, treeOf(""), { root, isCheck });
    assert.equal(await draw(true), "missing");
    writeFileSync(join(root, "ARCHITECTURE.md"), "# Before\n<!-- layers:start -->\n<!-- layers:end -->\nAfter\n");
    assert.equal(await draw(false), "written");
    assert.match(read("ARCHITECTURE.md"), /^# Before\n<!-- layers:start -->\n```mermaid\n[^]*```\n<!-- layers:end -->\nAfter\n$/);
    assert.equal(await draw(true), "current");
  });

  test("an included file stands in its block as it is now, and the check finds when it does not", async () => {
    const include = (isCheck: boolean) => writeDocument(includingDocument("docs/a.md", root), treeOf(""), { root, isCheck });
    writeFileSync(join(root, "a.ts"), "const a = 1;\n");
    writeFileSync(join(root, "docs/a.md"), "# A\n<!-- include: a.ts -->\nAfter\n```sh\nls\n```\n");
    assert.equal(await include(true), "outdated");
    assert.equal(await include(false), "written");
    assert.equal(
      read("docs/a.md"),
      "# A\n<!-- include: a.ts -->\n```ts\nconst a = 1;\n```\nAfter\n```sh\nls\n```\n",
      "other blocks stay",
    );
    assert.equal(await include(true), "current");
    writeFileSync(join(root, "a.ts"), "const a = 2;\n");
    assert.equal(await include(true), "outdated");
    assert.equal(await include(false), "written");
    assert.match(read("docs/a.md"), /# A\n<!-- include: a\.ts -->\n```ts\nconst a = 2;\n```\nAfter/);
    rmSync(join(root, "a.ts"));
    await assert.rejects(include(true), /a\.ts is included and exists/);
  });
});
