import { appendFileSync } from "node:fs";
import { host } from "@daybook/foundation/host";
import { runInProcess } from "@daybook/foundation/host/process-life";
import { jsonLog } from "@daybook/foundation/log";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { systemClock as clock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import { httpServer } from "@daybook/network/http";
import { tokenDigest, tokenPrincipals } from "@daybook/network/http/principals";
import { LIBRARY_STATUSES, libraryRoutes } from "./http.ts";
import { openLibrary } from "./library.ts";

const [port = "8090", dayMs = "86400000"] = process.argv.slice(2);
const random = systemRandom();
const log = jsonLog({ clock, level: "warn" });

const store = await sqliteStore({ file: "library.db", clock });
const library = openLibrary({
  store,
  clock,
  random,
  owner: "library-1",
  dayMs: Number(dayMs),
  post: ({ kind, reader, title }) => appendFileSync("letters.txt", `${kind} to ${reader}: ${title}\n`),
});
const server = httpServer({
  routes: libraryRoutes(library, store),
  principals: tokenPrincipals([
    { digest: tokenDigest("secret"), principal: { id: "usr_librarian", roles: ["librarian"], tenant: "library" } },
  ]),
  statuses: LIBRARY_STATUSES,
  clock,
  ids: idSource(clock, random),
  random,
  log,
});

const parts = [
  { name: "store", start: () => {}, stop: () => store.close() },
  { name: "library", start: () => {}, stop: () => library.close() },
  {
    name: "http",
    start: async () => console.log(`library at ${await server.listen(Number(port))}`),
    stop: () => server.close(),
  },
];
await runInProcess(host({ parts, log, clock }), process, log);
