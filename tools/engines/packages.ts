import { existsSync, globSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { engineUnavailable } from "./errors.ts";
import type { Progress } from "./engine.ts";
import { alone, engineFolder, execute } from "./machine.ts";

/**
 * The folder `name` into which Debian's packages of these names or patterns are unpacked, with what they need and this
 * machine lacks; nothing of the machine is changed and no root is needed. Done once; rejects with `engine-unavailable`
 * where there is no apt.
 */
export function unpackedPackages(name: string, packages: readonly string[], progress: Progress): Promise<string> {
  const folder = engineFolder(join("packages", name));
  return alone(`${folder}.lock`, async () => {
    if (!existsSync(folder)) await unpack(packages, folder, progress);
    return folder;
  });
}

async function unpack(packages: readonly string[], folder: string, progress: Progress): Promise<void> {
  if (!existsSync("/usr/bin/apt-get")) throw engineUnavailable(`install ${packages.join(", ")} by hand: there is no apt-get`);
  progress(`not installed; unpacking its packages into ${folder}, this takes a minute`);
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  for (const part of ["apt/lists/partial", "apt/archives/partial", "root"]) mkdirSync(join(draft, part), { recursive: true });
  const apt = (...words: readonly string[]) => execute("apt-get", ["-q", "-y", ...privately(join(draft, "apt")), ...words]);
  await apt("update");
  // What is installed, but not by us, may go away or be another version.
  await apt("install", "--no-install-recommends", "--reinstall", "--download-only", ...packages);
  for (const archive of globSync(join(draft, "apt/archives/*.deb"))) await execute("dpkg", ["-x", archive, join(draft, "root")]);
  renameSync(join(draft, "root"), folder);
  rmSync(draft, { recursive: true });
}

function privately(folder: string): readonly string[] {
  const settings = [
    "Debug::NoLocking=true",
    "APT::Sandbox::User=",
    `Dir::State::Lists=${join(folder, "lists")}`,
    `Dir::Cache=${folder}`,
    `Dir::Cache::Archives=${join(folder, "archives")}`,
  ];
  return settings.flatMap((setting) => ["-o", setting]);
}

/** What a program of these packages needs in its environment to find their libraries. */
export function librariesOf(folder: string): Record<string, string> {
  return { LD_LIBRARY_PATH: globSync(join(folder, "usr/lib/*-linux-gnu")).join(":") };
}
