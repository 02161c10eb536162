import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { engineUnavailable } from "./errors.ts";
import { accepts, alone, engineFolder, execute, freePort } from "./machine.ts";

const VERSION = "1.32.1";

export interface TemporalTestServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** Temporal's test server, which keeps everything in memory, on a free port; needs Java and Maven. It ends with this process. */
export async function temporalTestServer(): Promise<TemporalTestServer> {
  const jars = await unpacked();
  const port = await freePort();
  const words = ["--pdeathsig=KILL", "java", "-cp", join(jars, "*"), "io.temporal.testserver.TestServer", String(port)];
  const child = spawn("setpriv", words, { stdio: "ignore" });
  await answers(child, port);
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function answers(child: ChildProcess, port: number): Promise<void> {
  child.on("error", () => undefined); // its exit code says it
  for (let waits = 0; !(await accepts(port)); waits++) {
    if (child.exitCode !== null || child.pid === undefined || waits === 400) {
      throw engineUnavailable("Temporal's test server does not start: is there a Java of 11 or later?");
    }
    await pause(50);
  }
}

/** The folder with its archives and what they need, fetched once. */
function unpacked(): Promise<string> {
  const folder = engineFolder(join("packages", `temporal-test-server-${VERSION}`));
  return alone(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder;
    const draft = `${folder}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    const project = join(draft, "pom.xml");
    writeFileSync(project, PROJECT);
    await execute("mvn", ["-q", "-B", "-f", project, COPY, `-DoutputDirectory=${draft}`]);
    renameSync(draft, folder);
    return folder;
  });
}

const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
const PROJECT = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>daybook</groupId>
  <artifactId>temporal-test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;
