import { connect as connectSocket, type Socket } from "node:net";
import postgres from "postgres";
import { postgresStore } from "@daybook/data/store/postgres";
import type { Client } from "../../platform/data/store/postgres/client.ts";
import { inSchema, migrate } from "../../platform/data/store/postgres/schema.ts";
import type { Contender, OpenContender } from "../benchmark.ts";
import { closedLoop, eachBy, type Work } from "../closed-loop.ts";
import { benchFailed } from "../errors.ts";
import type { BenchDatabase } from "../postgres-database.ts";
import { bulkRecord } from "../raw-record.ts";
import { factSource, many, orderText, type OneFact } from "../workload.ts";

const EVENTS = 100;
const CALLERS = 16;

/** A unit of a hundred events on a fresh stream. */
interface Bulk {
  readonly fact: OneFact;
  readonly texts: readonly string[];
}

/** Events in bulk, by Daybook and by COPY into the same tables and indexes; an operation is an event. */
export function bulkContenders(database: BenchDatabase, roundMs: number): readonly Contender[] {
  const fact = factSource("fresh");
  const newBulk = (): Bulk => ({ fact: fact(), texts: Array.from({ length: EVENTS }, (_, n) => orderText("cus_bulk", n)) });
  const entrant = (name: string, open: () => Promise<{ append: Append; close: () => Promise<void> }>): Contender => ({
    name,
    workload: `bulk, ${EVENTS} events a unit`,
    callers: CALLERS,
    open: async (): Promise<OpenContender> => {
      const { append, close } = await open();
      const prepare = (count: number) => append(many(Math.ceil(count / EVENTS), newBulk));
      const countMax = 400 * EVENTS;
      const otherCpuMicros = () => database.cpuMicros();
      return { measure: closedLoop({ prepare, roundMs, callers: CALLERS * EVENTS, countMax, otherCpuMicros }), close };
    },
  });
  return [entrant("copy", () => openCopy(database.url)), entrant("daybook", () => openDaybook(database.url))];
}

type Append = (bulks: readonly Bulk[]) => Work;

async function openDaybook(url: string) {
  const store = await postgresStore({ url, schema: "bulk_daybook" });
  const append: Append = (bulks) => {
    const units = bulks.map(({ fact, texts }) => {
      const events = texts.map((data) => ({ type: fact.type, schemaVersion: 1, data }));
      const effects = [{ kind: "append", stream: fact.stream, events }] as const;
      return { id: fact.unitId, cause: fact.cause, conditions: [], effects };
    });
    return () =>
      eachBy(CALLERS, units, async (unit) => {
        const { outcome } = await store.commit(unit);
        if (outcome !== "committed") throw benchFailed(`a unit was ${outcome}`);
      });
  };
  return { append, close: () => store.close() };
}

/** One transaction, and one COPY a table, for as many units as Daybook gathers. */
async function openCopy(url: string) {
  const schema = "bulk_copy";
  const client = promptClient(url);
  await migrate(client, schema);
  let position = 0;
  const append: Append = (bulks) => async () => {
    for (let at = 0; at < bulks.length; at += CALLERS) {
      const group = bulks.slice(at, at + CALLERS);
      await copyGroup(client, inSchema(schema), group, position);
      position += group.length * EVENTS;
    }
  };
  return { append, close: () => client.end() };
}

/** COPY is several small writes, which Nagle's algorithm would hold back 40 ms each. */
function promptClient(url: string): Client {
  const socket = ({ host, port }: { readonly host: readonly string[]; readonly port: readonly number[] }) =>
    new Promise<Socket>((resolve, reject) => {
      const made = connectSocket({ host: host[0] ?? "", port: port[0] ?? 0, noDelay: true });
      made.on("error", reject).on("connect", () => resolve(made));
    });
  const options = { max: 1, fetch_types: false, onnotice: () => {}, socket };
  return postgres(url, options) as unknown as Client; // no values of 64 bits are read here; `socket` is not in its types
}

async function copyGroup(client: Client, text: (sql: string) => string, group: readonly Bulk[], before: number): Promise<void> {
  const now = Date.now();
  const lines = { streams: "", units: "", facts: "" };
  let position = before;
  for (const { fact, texts } of group) {
    const { stream, unitId, type } = fact;
    const id = position + 1;
    lines.streams += `${id}\tf\t${stream}\n`;
    lines.units += `${position + texts.length}\t${now}\t${texts.length}\t${unitId}\t${fact.cause.correlation}\n`;
    for (const [ordinal, data] of texts.entries()) {
      const { meta, digest } = bulkRecord(fact, ordinal, data);
      position++;
      lines.facts += `${position}\t${id}\t${ordinal + 1}\t${now}\t${ordinal}\t1\t${unitId}\t${stream}\t${type}\t${data}\t${meta}\t\\\\x${digest.toString("hex")}\n`;
    }
  }
  await client.begin(async (transaction) => {
    for (const [table, content] of Object.entries(lines)) {
      const into = await transaction.unsafe(text(`copy {schema}.${table} from stdin`)).writable();
      await new Promise<void>((resolve, reject) => {
        into.on("error", reject).on("finish", resolve);
        into.end(content);
      });
    }
  });
}
