import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { noShopHere } from "@daybook/shop/errors";
import { FILES, openShop } from "@daybook/shop/shop";
import { holdsShop } from "../connection/folder.ts";
import { interrupted } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { FLAGS } from "../shell/flags.ts";
import { aligned } from "../shell/table.ts";
import { verify, type Verification } from "../verify/verify.ts";

const AT_REST = { name: "at-rest", summary: "Check what holds at rest whatever is under way" };

export const verifyCommand: Command = {
  noun: "verify",
  summary: "Check the whole store with a second implementation: positions, versions, digests, seals, rows, keys",
  details:
    "Reads only, also beside the process that owns the data. Exit code 7 when something is not as it must be. What holds only at rest is checked when nothing is under way.",
  flags: [FLAGS.data, FLAGS.store, FLAGS.cold, AT_REST, FLAGS.json, FLAGS.quietWhenWell],
  run: verifyStore,
};

async function verifyStore(invocation: Invocation): Promise<number> {
  const { settings, clock } = invocation;
  const data = resolve(settings.data);
  if (settings.store === "sqlite" && !holdsShop(data)) throw noShopHere(`${data} holds no shop`);
  const cold = resolve(settings.cold ?? join(data, FILES.cold));
  const signal = invocation.interruption();
  const shop = await openShop({ data, store: settings.store, cold, isReadOnly: true, clock });
  try {
    const masterKeys = await readMasterKeys(data);
    const isAtRest = invocation.flags.isSet(AT_REST.name);
    const options = { masterKeys, cold, signal, clock, isAtRest, onProgress: shower(invocation) };
    const found = await verify(shop.store, shop.keyStore, options);
    print(invocation, found);
    return found.ok ? EXIT.ok : EXIT.checkFailed;
  } catch (error) {
    throw signal.aborted ? interrupted("the verification was stopped") : error;
  } finally {
    await shop.close();
  }
}

/** The next one, too, while the master key is exchanged; it is read first, since it takes the other's place in the end. */
async function readMasterKeys(data: string): Promise<readonly Uint8Array[]> {
  const next = join(data, FILES.nextMasterKey);
  const exchanged = existsSync(next) ? [await readFile(next)] : [];
  return [await readFile(join(data, FILES.masterKey)), ...exchanged];
}

type Progress = Parameters<NonNullable<NonNullable<Parameters<typeof verify>[2]>["onProgress"]>>[0];

function shower({ terminal, flags }: Invocation): ((progress: Progress) => void) | undefined {
  if (flags.isSet("quiet") || !terminal.isErrPerson) return undefined;
  return ({ stage, done, total, perSecond, leftMs }) => {
    const line = `${stage}: ${done} of ${total} · ${Math.round(perSecond)}/s · ${Math.ceil(leftMs / 1_000)} s left`;
    terminal.err(`\r\u001b[K${line}${done >= total ? "\n" : ""}`);
  };
}

function print({ terminal, flags }: Invocation, { ok, checks }: Verification): void {
  if (flags.isSet("json")) {
    terminal.out(`${JSON.stringify({ ok, checks })}\n`);
    return;
  }
  const shown = flags.isSet("quiet") ? checks.filter((check) => !check.ok) : checks;
  if (shown.length === 0) return;
  const rows = shown.map((check) => [
    resultOf(check),
    check.name,
    check.holds,
    String(check.checked),
    String(check.violationCount),
  ]);
  for (const line of aligned([["CHECK", "NAME", "HOLDS", "CHECKED", "VIOLATIONS"], ...rows])) terminal.out(`${line}\n`);
  for (const { name, violations } of shown) {
    for (const violation of violations.slice(0, 20)) terminal.out(`${name}: ${JSON.stringify(violation)}\n`);
  }
  for (const line of uncheckedLines(shown)) terminal.out(`${line}\n`);
}

/** A line for each reason that something could not be checked. */
function uncheckedLines(checks: Verification["checks"]): readonly string[] {
  const reasons = Map.groupBy(
    checks.filter(({ note }) => note !== undefined),
    ({ note }) => note,
  );
  return [...reasons].map(([note, those]) => {
    const what = those.length > 3 ? `${those.length} checks` : those.map(({ name }) => name).join(", ");
    return `${what}: not checked: ${note}`;
  });
}

function resultOf({ ok, note }: Verification["checks"][number]): string {
  if (note !== undefined) return "not now";
  return ok ? "ok" : "FAILED";
}
