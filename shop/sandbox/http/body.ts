import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { Refusal } from "../refusal.ts";

const BODY_BYTES_MAX = 64 * 1024;

/** The JSON that a request carries; undefined for an empty body. Refuses what is too large or not JSON. */
export async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const bytes = await bodyBytes(request);
  if (bytes.length === 0) return undefined;
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new Refusal(415, "content-type", "send application/json");
  if (!isUtf8(bytes)) throw new Refusal(400, "not-json", "the body is not UTF-8");
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new Refusal(400, "not-json", error instanceof Error ? error.message : "the body is not JSON");
  }
}

function bodyBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_BYTES_MAX) chunks.push(chunk);
    });
    request.on("end", () => {
      if (size > BODY_BYTES_MAX) reject(new Refusal(413, "too-large", `a body has at most ${BODY_BYTES_MAX} bytes`));
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    request.on("error", reject);
    request.on("close", () => reject(new Refusal(400, "cut-off", "the request was cut off")));
  });
}
