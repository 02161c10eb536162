import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { ROOT } from "../../tools/repository.ts";

/** What a reader does with a block: writes it as a file, or types its commands and sees their output. */
type Block =
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  | { readonly kind: "commands"; readonly commands: readonly string[]; readonly output: string };

const BLOCK = /(?:<!-- include: (\S+) -->\n)?```(\w*)\n([^]*?)\n```\n/g;
const SHOWN_WITHIN_MS = 60_000;

test("whoever does what the tutorial says sees what it shows", { timeout: 180_000 }, async () => {
  const blocks = blocksOf(await readFile(join(ROOT, "docs/tutorial.md"), "utf8"));
  assert.ok(blocks.filter(({ kind }) => kind === "file").length >= 8 && blocks.some(({ kind }) => kind === "commands"));
  const folder = await mkdtemp(join(tmpdir(), "daybook-tutorial-"));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
  const port = await freePort();
  const shell = new Shell(folder);
  try {
    for (const block of blocks) {
      if (block.kind === "file") await writeFile(join(folder, block.name), block.text);
      else
        await shell.shows(
          block.commands.map((command) => elsewhere(command, port)),
          elsewhere(block.output, port),
        );
    }
  } finally {
    await shell.end();
    await rm(folder, { recursive: true, force: true });
  }
});

function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(BLOCK)].flatMap(([, path, language, body = ""]): readonly Block[] => {
    if (path !== undefined) return [{ kind: "file", name: basename(path), text: `${body}\n` }];
    assert.ok(language === "console" || language === "sh", `a block of ${language} is a file that runs`);
    if (language === "sh") return []; // of the folder that this test makes itself
    const lines = body.split("\n");
    const isCommand = (line: string) => line.startsWith("$ ");
    const commands = lines.filter(isCommand).map((line) => line.slice(2));
    return [{ kind: "commands", commands, output: lines.filter((line) => !isCommand(line)).join("\n") }];
  });
}

/** On a free port, and with shorter days. */
function elsewhere(text: string, port: number): string {
  return text.replaceAll("8090 1000", "8090 200").replaceAll("8090", String(port));
}

/** One shell for all blocks: what it started in one, it can end in another. */
class Shell {
  private readonly child: ChildProcess;
  private output = "";
  private errors = "";
  private blocks = 0;

  constructor(folder: string) {
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const path = `${dirname(process.execPath)}:${environment["PATH"] ?? ""}`;
    this.child = spawn("bash", [], { cwd: folder, env: { ...environment, PATH: path }, detached: true });
    this.child.stdout?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  /** Runs the commands; their output becomes what is shown, but for times. What they left running may add to it for a while. */
  async shows(commands: readonly string[], shown: string): Promise<void> {
    const end = `end of block ${++this.blocks}\n`;
    this.output = "";
    this.child.stdin?.write([...commands, `echo ${end}`].join("\n"));
    for (let waitedMs = 0; waitedMs < SHOWN_WITHIN_MS; waitedMs += 20) {
      if (this.output.includes(end) && plain(this.output.replace(end, "")) === plain(shown)) return;
      await setTimeout(20);
    }
    assert.equal(plain(this.output.replace(end, "")), plain(shown), `${commands.join("\n")}\n${this.errors}`);
  }

  /** With everything that it started. */
  async end(): Promise<void> {
    const { pid } = this.child;
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
    await ended;
  }
}

function plain(output: string): string {
  return output
    .replaceAll(/\([\d.]+ms\)/g, "(ms)")
    .replaceAll(/duration_ms [\d.]+/g, "duration_ms")
    .trim();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await new Promise((resolve) => server.close(resolve));
  return port;
}
