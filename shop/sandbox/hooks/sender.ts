import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Clock } from "../clock.ts";

/** Posts JSON to whoever listens for hooks. */
export interface HookSender {
  /** The answer's status; undefined when there was none within 10 s. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<number | undefined>;
  /** Cuts what is under way. */
  close(): void;
}

const PATIENCE_MS = 10_000;

export function hookSender(clock: Clock): HookSender {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  return {
    post: (url, headers, body) =>
      new Promise((resolve) => {
        const isSecure = url.startsWith("https:");
        const request = (isSecure ? httpsRequest : httpRequest)(url, {
          method: "POST",
          agent: isSecure ? agents.https : agents.http,
          headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        });
        const cancel = clock.after(PATIENCE_MS, () => request.destroy());
        const finish = (status: number | undefined) => {
          cancel();
          resolve(status);
        };
        request.on("response", (response) => {
          response.resume();
          finish(response.statusCode);
        });
        request.on("error", () => finish(undefined));
        request.on("close", () => finish(undefined));
        request.end(body);
      }),
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
