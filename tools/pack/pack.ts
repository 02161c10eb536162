import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { repositoryFiles, ROOT } from "../repository.ts";
import { readWorkspaces, type Workspace } from "../tidy/packages.ts";
import { packedManifest } from "./manifest.ts";
import { rewriteImports } from "./rewrite.ts";

/**
 * Packs all workspaces as one npm package `daybook` with subpaths, `.js` and `.d.ts`: Node does not strip types inside
 * node_modules. `node tools/pack/pack.ts [folder]` writes the tarball into `folder` (dist) and prints its path.
 */
const target = resolve(process.argv[2] ?? join(ROOT, "dist"));
const build = mkdtempSync(join(tmpdir(), "daybook-pack-"));
try {
  console.log(pack(build, target));
} finally {
  rmSync(build, { recursive: true, force: true });
}

function pack(folder: string, into: string): string {
  const workspaces = readWorkspaces();
  execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", "tools/pack", "--outDir", folder], {
    cwd: ROOT,
    stdio: ["ignore", 2, 2],
  });
  for (const path of repositoryFiles("**/*.{js,d.ts}", folder)) {
    const file = join(folder, path);
    writeFileSync(file, rewriteImports(path, readFileSync(file, "utf8"), workspaces));
  }
  copyAssets(folder, workspaces);
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest(workspaces), undefined, 2));
  mkdirSync(into, { recursive: true });
  const name = execFileSync("npm", ["pack", "--silent", "--pack-destination", into], { cwd: folder, encoding: "utf8" });
  return join(into, name.trim());
}

/** What workspaces keep beside their sources (SQL, schemas, pages), and the texts of the repository. */
function copyAssets(folder: string, workspaces: readonly Workspace[]): void {
  const assets = workspaces
    .flatMap((workspace) => repositoryFiles(`${workspace.folder}/**/*`))
    .filter((path) => !/\.tsx?$|(^|\/)(package|tsconfig)\.json$/.test(path));
  const texts = ["LICENSE", "README.md", "CHANGELOG.md"].filter((path) => existsSync(join(ROOT, path)));
  for (const path of [...assets, ...texts]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path));
  }
}

function manifest(workspaces: readonly Workspace[]) {
  const own = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Readonly<Record<string, unknown>>; // npm's
  const { version, description, license, type, engines } = own;
  return { name: "daybook", version, description, license, type, engines, ...packedManifest(workspaces) };
}
