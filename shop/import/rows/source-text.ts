import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { messageOf } from "@daybook/kernel/errors";
import { importFileInvalid, importFileMissing } from "../errors.ts";

/** Characters of one record; more are a fault of the file. */
export const RECORD_CHARACTERS_MAX = 100_000;

/** Throws `import-file-missing`, and `import-file-invalid` for what is no file. */
export async function checkFile(file: string): Promise<void> {
  let isFile = false;
  try {
    isFile = (await stat(file)).isFile();
  } catch (cause) {
    throw importFileMissing(`${file} cannot be found: ${messageOf(cause)}`, { cause });
  }
  if (!isFile) throw importFileInvalid(`${file} is no file`);
}

/** The file's text in blocks. */
export async function* textBlocks(file: string, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  // Without an encoding, blocks are bytes.
  for await (const block of createReadStream(file) as AsyncIterable<Uint8Array>) {
    yield readable(() => decoder.decode(block, { stream: true }), name, bytes);
    bytes += block.length;
  }
  yield readable(() => decoder.decode(), name, bytes);
}

function readable(decode: () => string, name: string, bytes: number): string {
  let text = "";
  try {
    text = decode();
  } catch (cause) {
    throw importFileInvalid(`${name} is not UTF-8 text, after byte ${bytes}`, { cause });
  }
  if (text.includes("\0")) throw importFileInvalid(`${name} is no text: it holds NUL characters, after byte ${bytes}`);
  return text;
}
