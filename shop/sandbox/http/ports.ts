import type { AddressInfo, Server } from "node:net";
import type { Settings } from "../file/settings.ts";

export const LOOPBACK = "127.0.0.1";

/** Listens on `port` of the loopback interface and answers the port. Rejects when it is taken. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, () => {
      server.removeListener("error", reject);
      resolve((server.address() as AddressInfo).port); // it listens on a port
    });
  });
}

/** The same, but 0 first tries the port that this data folder had last under `name`: a restarted sandbox is found again. */
export async function listenAgain(server: Server, name: string, port: number, settings: Settings): Promise<number> {
  const last = settings.read(`port-${name}`);
  const wanted = port === 0 && typeof last === "number" ? last : port;
  const taken = await listen(server, wanted).catch((error: unknown) => {
    if (wanted === port) throw error;
    return listen(server, port);
  });
  settings.write(`port-${name}`, taken);
  return taken;
}
