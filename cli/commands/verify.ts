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

export const verifyCommand: Command = {
  noun: "verify",
  summary: "Check the whole store with a second implementation: positions, versions, digests, seals, rows, keys",
  details: "Reads only, also beside the process that owns the data. Exit code 7 when something is not as it must be.",
  flags: [FLAGS.data, FLAGS.store, FLAGS.json, FLAGS.quietWhenWell],
  run: verifyStore,
};

async function verifyStore(invocation: Invocation): Promise<number> {
  const { settings, clock } = invocation;
  const data = resolve(settings.data);
  if (settings.store === "sqlite" && !holdsShop(data)) throw noShopHere(`${data} holds no shop`);
  const signal = invocation.interruption();
  const shop = await openShop({ data, store: settings.store, isReadOnly: true, clock });
  try {
    const masterKeys = await readMasterKeys(data);
    const found = await verify(shop.store, shop.keyStore, { masterKeys, signal, clock, onProgress: shower(invocation) });
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
  if (ok && flags.isSet("quiet")) return;
  const rows = checks.map((check) => [
    check.ok ? "ok" : "FAILED",
    check.name,
    String(check.checked),
    String(check.violationCount),
  ]);
  for (const line of aligned([["CHECK", "NAME", "CHECKED", "VIOLATIONS"], ...rows])) terminal.out(`${line}\n`);
  for (const { name, violations } of checks) {
    for (const violation of violations.slice(0, 20)) terminal.out(`${name}: ${JSON.stringify(violation)}\n`);
  }
}
