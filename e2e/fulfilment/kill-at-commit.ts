import { existsSync, readFileSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/**
 * Runs in the program before it: ends it by SIGKILL at one commit of its store, counted from the one that places an order.
 * `before`: all that the unit was about has happened outside, and nothing of it is recorded; `after`: it is recorded, and
 * nobody was answered. It counts while the file `armed` is there, which says how many orders had been placed before.
 */
const { DAYBOOK_KILL_WHEN: when, DAYBOOK_KILL_AT: at, DAYBOOK_KILL_ARMED: armed = "" } = process.env;
type Prepare = (this: DatabaseSync, ...args: readonly unknown[]) => StatementSync;
const prepare = Reflect.get(DatabaseSync.prototype, "prepare") as Prepare; // node:sqlite's own
let commits = 0;

DatabaseSync.prototype.prepare = function (this: DatabaseSync, ...args) {
  const statement = prepare.apply(this, args);
  if (args[0] !== "COMMIT" || this.location()?.endsWith("daybook.db") !== true) return statement;
  const placed = prepare.call(this, "SELECT count(*) AS count FROM facts WHERE type = 'OrderPlaced'");
  const run = statement.run.bind(statement);
  statement.run = () => {
    const isCounted = existsSync(armed) && Number(placed.get()?.["count"]) > Number(readFileSync(armed, "utf8"));
    if (isCounted) commits++;
    if (isCounted && when === "before" && commits === Number(at)) process.kill(process.pid, "SIGKILL");
    const result = run();
    if (isCounted && when === "after" && commits === Number(at)) process.kill(process.pid, "SIGKILL");
    return result;
  };
  return statement;
};
