import { parseArgs } from "node:util";
import { sandbox } from "./sandbox.ts";

const USAGE = `node shop/sandbox/main.ts --data DIR [--port N] [--smtp-port N] [--card-hooks URL] [--carrier-hooks URL] [--json] [--with-parent]`;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const options = wanted();
  if (!options) return;
  const world = await sandbox(options);
  const { url, cardUrl, carrierUrl, smtpPort, webhookSecret } = world;
  console.log(
    options.isJson
      ? JSON.stringify({ ready: true, url, cardUrl, carrierUrl, smtpPort, webhookSecret })
      : `sandbox ${url}  smtp 127.0.0.1:${smtpPort}  web hooks signed with ${webhookSecret}`,
  );
  const end = () => void world.close().then(() => process.exit(0));
  process.once("SIGTERM", end);
  // Whoever started it holds the other end: it ends with that process, however that ends. Ctrl-C is said to both.
  if (options.isWithParent) process.stdin.once("close", end).resume();
  process.on("SIGINT", () => options.isWithParent || end());
}

function wanted() {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      data: text,
      port: text,
      "smtp-port": text,
      "card-hooks": text,
      "carrier-hooks": text,
      json: { type: "boolean", default: false },
      "with-parent": { type: "boolean", default: false },
    },
  });
  const ports = [values.port ?? "0", values["smtp-port"] ?? "0"].map((each) => (/^\d{1,5}$/.test(each) ? Number(each) : 65_536));
  const [port = 0, smtpPort = 0] = ports;
  if (values.data === undefined || ports.some((each) => each > 65_535)) {
    console.error(USAGE);
    process.exitCode = 2;
    return undefined;
  }
  const hookUrls = {
    ...(values["card-hooks"] !== undefined && { card: values["card-hooks"] }),
    ...(values["carrier-hooks"] !== undefined && { carrier: values["carrier-hooks"] }),
  };
  return { data: values.data, port, smtpPort, hookUrls, isJson: values.json, isWithParent: values["with-parent"] };
}
