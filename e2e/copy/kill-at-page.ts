import { Socket } from "node:net";
import { DatabaseSync } from "node:sqlite";

/**
 * Runs in a copy before it: ends it by SIGKILL at one page of the target. `before`: nothing of the page was sent; `after`: on
 * SQLite it is there, and the copy does not know; on PostgreSQL its transaction is under way.
 */
const { DAYBOOK_KILL_WHEN: when, DAYBOOK_KILL_AT: at } = process.env;
let pages = 0;

function killing<T>(write: () => T): T {
  const isNow = ++pages === Number(at);
  if (isNow && when === "before") process.kill(process.pid, "SIGKILL");
  const result = write();
  if (isNow) process.kill(process.pid, "SIGKILL");
  return result;
}

type Exec = (this: DatabaseSync, sql: string) => void;
const exec: Exec = Reflect.get(DatabaseSync.prototype, "exec");
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
  const run = () => exec.call(this, sql);
  return sql === "COMMIT" ? killing(run) : run();
};

type Write = (this: Socket, ...args: readonly unknown[]) => boolean;
const write = Reflect.get(Socket.prototype, "write") as Write; // node's own
Reflect.set(Socket.prototype, "write", function (this: Socket, ...args: readonly unknown[]) {
  const run = () => write.apply(this, [...args]);
  return Buffer.isBuffer(args[0]) && args[0].includes("begin isolation level read committed\0") ? killing(run) : run();
});
