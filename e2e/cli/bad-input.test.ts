import assert from "node:assert/strict";
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { holdFile } from "@daybook/data/store/sqlite/data-lock";
import { storedState } from "../hostile/stored-state.ts";
import { call, codeOf } from "./call.ts";

const scratch = mkdtempSync(join(tmpdir(), "daybook-bad-"));
const data = join(scratch, "data");
const MAPPING = "shop/import/mappings/online-retail-lines.json";
const HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
const ROW = "1,A,A thing,1,2011-01-01 10:00:00,1.00,1.0,United Kingdom\n";

let other: Server;
let otherPort = 0;

before(async () => {
  await call(["import", "orders", made("good.csv", HEADER + ROW), "--mapping", MAPPING, "--place-only", "--data", data]);
  // Read models are up to date: a command that runs them would change the rows otherwise.
  await call(["order", "place", "--item", "mug-blue", "--wait", "--data", data]);
  other = createServer((_, response) => response.end("<html>something else</html>"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  otherPort = (other.address() as AddressInfo).port;
});

after(() => {
  other.close();
  rmSync(scratch, { recursive: true, force: true });
});

function made(name: string, content: string | Uint8Array): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
}

/** A copy of the data folder, changed. */
function spoiled(name: string, spoil: (folder: string) => void): string {
  const folder = join(scratch, name);
  cpSync(data, folder, { recursive: true });
  spoil(folder);
  return folder;
}

/** Head and rows of the shop that is there. */
function state(): string {
  return storedState(join(data, "daybook.db"));
}

interface Case {
  readonly name: string;
  readonly words: () => readonly string[];
  readonly environment?: () => Readonly<Record<string, string>>;
  readonly exit: number;
  readonly code: string;
}

const words = (text: string) => () => text.split(" ");
const withData = (text: string) => () => [...text.split(" "), "--data", data];
const importing = (file: () => string, mapping: () => string = () => MAPPING) => {
  return () => ["import", "orders", file(), "--mapping", mapping(), "--data", data];
};

const USAGE: readonly Case[] = [
  { name: "an unknown command", words: words("orders"), exit: 2, code: "usage-invalid" },
  { name: "a noun without verb", words: words("order"), exit: 2, code: "usage-invalid" },
  { name: "an unknown verb", words: words("order delete"), exit: 2, code: "usage-invalid" },
  { name: "an unknown flag", words: words("start --prot 1"), exit: 2, code: "usage-invalid" },
  { name: "a flag without its value", words: words("start --port"), exit: 2, code: "usage-invalid" },
  { name: "a flag whose value is the next flag", words: words("start --data --json"), exit: 2, code: "usage-invalid" },
  { name: "a port that is no number", words: words("start --port http"), exit: 2, code: "usage-invalid" },
  { name: "a port that no machine has", words: words("start --port 65536"), exit: 2, code: "usage-invalid" },
  { name: "a flag given twice", words: words("start --port 1 --port 2"), exit: 2, code: "usage-invalid" },
  { name: "a value for a flag that takes none", words: words("start --json=yes"), exit: 2, code: "usage-invalid" },
  { name: "a missing operand", words: words("order get"), exit: 2, code: "usage-invalid" },
  { name: "an operand too many", words: words("order get a b"), exit: 2, code: "usage-invalid" },
  { name: "an unknown level", words: words("start --log-level loud"), exit: 2, code: "config-invalid" },
  { name: "an address without scheme", words: words("order ls --url localhost"), exit: 2, code: "config-invalid" },
  {
    name: "a variable that does not fit",
    words: words("start"),
    environment: () => ({ DAYBOOK__PORT: "many" }),
    exit: 2,
    code: "config-invalid",
  },
  {
    name: "a variable that is no setting",
    words: words("start"),
    environment: () => ({ DAYBOOK__PROT: "1" }),
    exit: 2,
    code: "config-invalid",
  },
  { name: "an unknown store", words: () => ["start", "--store", "mysql://x", "--data", data], exit: 2, code: "store-unknown" },
];

const FOLDERS: readonly Case[] = [
  { name: "a folder that does not exist", words: words("order ls --data /nonexistent/shop"), exit: 3, code: "no-shop-here" },
  { name: "a file as data folder", words: () => ["start", "--data", made("a-file", "x")], exit: 1, code: "folder-unusable" },
  {
    name: "a data folder where the system makes none",
    words: words("start --port 0 --data /proc/daybook/shop"),
    exit: 1,
    code: "folder-unusable",
  },
  {
    name: "another shop's master key",
    words: () => ["order", "ls", "--data", spoiled("foreign-key", (folder) => foreignKey(folder))],
    exit: 1,
    code: "master-key-wrong",
  },
  { name: "an exchange of keys that nobody confirms", words: withData("keys rotate"), exit: 2, code: "confirmation-missing" },
  {
    name: "a text file in the place of the store",
    words: () => [
      "order",
      "ls",
      "--data",
      spoiled("text", (folder) => writeFileSync(join(folder, "daybook.db"), "a,b,c\n".repeat(99))),
    ],
    exit: 1,
    code: "store-foreign-file",
  },
  {
    name: "another program's database in the place of the store",
    words: () => ["start", "--port", "0", "--data", spoiled("foreign", foreignDatabase)],
    exit: 1,
    code: "store-foreign-file",
  },
  {
    name: "a store of a newer format",
    words: () => ["order", "ls", "--data", spoiled("newer", newerFormat)],
    exit: 1,
    code: "store-newer-format",
  },
  {
    name: "a store that was cut off",
    words: () => ["start", "--port", "0", "--data", spoiled("cut", (folder) => truncateSync(join(folder, "daybook.db"), 8_192))],
    exit: 7,
    code: "store-corrupt",
  },
  {
    name: "a key that others may read",
    words: () => ["order", "ls", "--data", spoiled("open-key", (folder) => chmodSync(join(folder, "master.key"), 0o644))],
    exit: 1,
    code: "key-file-invalid",
  },
  { name: "verify of nothing", words: words("verify --data /nonexistent/shop"), exit: 3, code: "no-shop-here" },
  { name: "backup without a target", words: withData("backup"), exit: 2, code: "usage-invalid" },
  {
    name: "backup onto something",
    words: () => ["backup", "--data", data, "--to", scratch],
    exit: 4,
    code: "backup-target-exists",
  },
  { name: "restore that nobody confirms", words: words("restore --from x --data y"), exit: 2, code: "confirmation-missing" },
  {
    name: "restore of what is no backup",
    words: () => ["restore", "--from", scratch, "--data", join(scratch, "new"), "--yes"],
    exit: 7,
    code: "backup-invalid",
  },
  {
    name: "restore over a shop",
    words: () => ["restore", "--from", scratch, "--data", data, "--yes"],
    exit: 4,
    code: "backup-target-exists",
  },
];

const PLACE = ["order", "place", "--item", "mug-blue", "--data"] as const;

/** The bytes that are there are not what was written. */
const STORED: readonly Case[] = [
  damaged(
    "a store whose first bytes are others",
    (folder) => overwrite(folder, "daybook.db", 0, "SQLitf"),
    "store-foreign-file",
    1,
  ),
  damaged("a store with a page size of zero", (folder) => overwrite(folder, "daybook.db", 16, "\0\0"), "store-foreign-file", 1),
  damaged(
    "a store with a page of zeros",
    (folder) => overwrite(folder, "daybook.db", 4_096, "\0".repeat(4_096)),
    "store-corrupt",
    7,
  ),
  damaged("a store without its keys", (folder) => rmSync(join(folder, "keys.db")), "keys-missing", 1),
  damaged("a store with new keys", (folder) => writeFileSync(join(folder, "keys.db"), ""), "keys-missing", 1),
  damaged("a master key that is too short", (folder) => secret(folder, "master.key", "abc"), "key-file-invalid", 1),
  damaged("a master key that is gone", (folder) => rmSync(join(folder, "master.key")), "key-file-invalid", 1),
  damaged("a development key that is too short", (folder) => secret(folder, "development.key", "abc"), "key-file-invalid", 1),
  {
    name: "keys that are gone, for a reader",
    words: () => reading((folder) => rmSync(join(folder, "keys.db"))),
    exit: 1,
    code: "keys-missing",
  },
];

function damaged(name: string, spoil: (folder: string) => void, code: string, exit: number): Case {
  return { name, words: () => [...PLACE, spoiled(name.replaceAll(" ", "-"), spoil)], exit, code };
}

function reading(spoil: (folder: string) => void): readonly string[] {
  return ["order", "ls", "--data", spoiled("for-reader", spoil)];
}

function overwrite(folder: string, name: string, at: number, text: string): void {
  const file = openSync(join(folder, name), "r+");
  writeSync(file, text, at);
  closeSync(file);
}

function secret(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
}

const SERVERS: readonly Case[] = [
  {
    name: "a port that is taken",
    words: () => ["start", "--port", String(otherPort), "--data", join(scratch, "for-port")],
    exit: 4,
    code: "port-in-use",
  },
  {
    name: "an address of another machine",
    words: () => ["start", "--host", "192.0.2.1", "--port", "0", "--data", join(scratch, "for-host")],
    exit: 2,
    code: "address-unusable",
  },
  { name: "no server", words: words("order ls --url http://127.0.0.1:9 --token x"), exit: 5, code: "server-unreachable" },
  {
    name: "another program's server",
    words: () => ["order", "ls", "--url", `http://127.0.0.1:${otherPort}`, "--token", "x"],
    exit: 1,
    code: "answer-unreadable",
  },
  {
    name: "a PostgreSQL that is not there",
    words: () => ["order", "ls", "--store", "postgres://127.0.0.1:9/shop", "--data", join(scratch, "for-pg")],
    exit: 5,
    code: "database-unreachable",
  },
  {
    name: "a store's address that is none",
    words: () => ["order", "ls", "--store", "postgres://a b", "--data", data],
    exit: 2,
    code: "usage-invalid",
  },
  { name: "no token", words: words("order ls --url http://127.0.0.1:9"), exit: 6, code: "token-missing" },
  {
    name: "a token that no header can carry",
    words: () => ["order", "ls", "--url", "http://127.0.0.1:9", "--token-file", made("token", "a b\nc")],
    exit: 2,
    code: "usage-invalid",
  },
  {
    name: "a token file that is not there",
    words: words("order ls --url http://127.0.0.1:9 --token-file /nonexistent"),
    exit: 3,
    code: "file-unreadable",
  },
];

const ORDERS: readonly Case[] = [
  { name: "an order that is not there", words: withData("order get ord_none"), exit: 3, code: "not-found" },
  { name: "a stream that is not there", words: withData("stream read order-none"), exit: 3, code: "not-found" },
  { name: "a projection that is not there", words: withData("projection rebuild none"), exit: 3, code: "not-found" },
  { name: "cancelling what is not there", words: withData("order cancel ord_none --reason x"), exit: 3, code: "order-not-found" },
  { name: "cancelling without a reason", words: withData("order cancel ord_none"), exit: 2, code: "usage-invalid" },
  { name: "placing nothing", words: withData("order place"), exit: 2, code: "usage-invalid" },
  { name: "placing no pieces", words: withData("order place --item mug-blue:0"), exit: 2, code: "usage-invalid" },
  { name: "placing what is not sold", words: withData("order place --item nothing:1"), exit: 4, code: "unknown-product" },
  {
    name: "an order that is no JSON",
    words: () => ["order", "place", "--body", made("order.json", "{items:"), "--data", data],
    exit: 2,
    code: "usage-invalid",
  },
  { name: "an unknown state of a payment", words: withData("order ls --payment paid"), exit: 2, code: "request-invalid" },
  { name: "an unknown state of a shipment", words: withData("order ls --shipment lost"), exit: 2, code: "request-invalid" },
  { name: "a time that is none", words: withData("order ls --placed-from yesterday"), exit: 2, code: "request-invalid" },
  { name: "a day that is none", words: withData("order ls --placed-before 2026-02-30"), exit: 2, code: "request-invalid" },
  { name: "an unknown status", words: withData("order ls --status lost"), exit: 2, code: "request-invalid" },
  { name: "a position that is none", words: withData("stream tail --after x --no-follow"), exit: 2, code: "position-invalid" },
  {
    name: "a position of another life",
    words: withData("stream tail --after p9-1 --no-follow"),
    exit: 4,
    code: "position-from-lost-future",
  },
];

const FILES: readonly Case[] = [
  { name: "no file", words: importing(() => "/nonexistent.csv"), exit: 3, code: "import-file-missing" },
  { name: "a folder", words: importing(() => scratch), exit: 1, code: "import-file-invalid" },
  { name: "an empty file", words: importing(() => made("empty.csv", "")), exit: 1, code: "import-file-invalid" },
  {
    name: "a binary file",
    words: importing(() => made("b.csv", Buffer.from([80, 75, 3, 4, 0, 0]))),
    exit: 1,
    code: "import-file-invalid",
  },
  {
    name: "a file that is not UTF-8",
    words: importing(() => made("latin.csv", Buffer.concat([Buffer.from(HEADER + ROW), Buffer.from([0x50, 0xa3, 0x0a])]))),
    exit: 1,
    code: "import-file-invalid",
  },
  { name: "another header", words: importing(() => made("head.csv", `A,B,C\n${ROW}`)), exit: 1, code: "import-file-invalid" },
  {
    name: "a column twice",
    words: importing(() => made("twice.csv", HEADER.replace("Country", "Quantity,Country") + ROW)),
    exit: 1,
    code: "import-file-invalid",
  },
  {
    name: "a torn quote after good rows",
    words: importing(() => made("torn.csv", `${HEADER}${ROW.replace("1,", "2,")}3,"A,torn,1,2011-01-01 10:00:00,1.00,1.0,UK\n`)),
    exit: 1,
    code: "import-file-invalid",
  },
  {
    name: "a huge cell after good rows",
    words: importing(() => made("huge.csv", `${HEADER}${ROW.replace("1,", "4,")}5,${"x".repeat(300_000)}\n`)),
    exit: 1,
    code: "import-file-invalid",
  },
  { name: "no mapping named", words: withData("import orders x.csv"), exit: 2, code: "usage-invalid" },
  {
    name: "a mapping that is not there",
    words: importing(
      () => join(scratch, "good.csv"),
      () => "/nonexistent.json",
    ),
    exit: 2,
    code: "mapping-invalid",
  },
  {
    name: "a mapping with a field that is none",
    words: importing(
      () => join(scratch, "good.csv"),
      () => made("m.json", readFileSync(MAPPING, "utf8").replace("timeZone", "zone")),
    ),
    exit: 2,
    code: "mapping-invalid",
  },
];

function foreignKey(folder: string): void {
  writeFileSync(join(folder, "master.key"), Buffer.alloc(32, 9));
}

function foreignDatabase(folder: string): void {
  rmSync(join(folder, "daybook.db"));
  const db = new DatabaseSync(join(folder, "daybook.db"));
  db.exec("CREATE TABLE notes (text TEXT)");
  db.close();
}

function newerFormat(folder: string): void {
  const db = new DatabaseSync(join(folder, "daybook.db"));
  db.exec("PRAGMA user_version = 999");
  db.close();
}

for (const [group, cases] of Object.entries({ USAGE, FOLDERS, STORED, SERVERS, ORDERS, FILES })) {
  describe(`what cannot be done has a code and an exit code, and changes nothing: ${group.toLowerCase()}`, () => {
    for (const { name, words: wordsOf, environment, exit, code } of cases) {
      test(`${name}: ${code}, ${exit}`, async () => {
        const before = state();
        const called = await call([...wordsOf(), "--json"], environment?.());
        const isPlain = codeOf(called) === undefined;
        assert.equal(codeOf(called), code, isPlain ? called.out + called.err : called.err);
        assert.equal(called.code, exit);
        assert.equal(called.out, "");
        assert.equal(state(), before);
      });
    }
  });
}

test("a folder that another process owns is refused with the owner's address", async () => {
  mkdirSync(join(scratch, "owned"));
  writeFileSync(join(scratch, "owned", "owner.json"), JSON.stringify({ pid: 1, url: "http://127.0.0.1:7777", startedAt: 0 }));
  const held = holdFile(join(scratch, "owned", "lock.db"));
  const called = await call(["start", "--port", "0", "--data", join(scratch, "owned"), "--json"]);
  held.close();
  assert.equal(called.code, 4);
  assert.equal(codeOf(called), "data-folder-locked");
  assert.match(called.err, /http:\/\/127\.0\.0\.1:7777/);
});

test("an unknown flag is refused before anything is opened, for every command", async () => {
  for (const name of ["start", "verify", "backup", "restore", "doctor"]) {
    assert.equal((await call([name, "--nonsense"])).code, 2, name);
  }
});

test("a quiet verification and a quiet examination say only what is wrong", async () => {
  const folder = spoiled("quiet", (copy) => {
    const db = new DatabaseSync(join(copy, "daybook.db"));
    db.exec("DELETE FROM row_index WHERE collection = 'products'; DELETE FROM rows WHERE collection = 'products'");
    db.close();
  });
  const verified = await call(["verify", "--data", folder, "--quiet"]);
  assert.equal(verified.code, 7);
  assert.match(verified.out, /^CHECK .*\nFAILED  products \(law 3\) .*\nproducts \(law 3\): \{"what":"the stream has no row"/);
  assert.doesNotMatch(verified.out, /^ok/m);
  chmodSync(join(folder, "master.key"), 0o644);
  const examined = await call(["doctor", "--data", folder, "--quiet"]);
  assert.equal(examined.code, 7);
  assert.match(examined.out, /^BAD  master\.key  can be read by others.*\n +→ chmod 600 \S+\n/);
  assert.doesNotMatch(examined.out, /^(ok|note)/m);
});
