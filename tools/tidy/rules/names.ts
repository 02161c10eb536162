import { sourceRule } from "../rule.ts";

/** What these words hide has a name. */
const WHOLE = ["utils", "util", "helpers", "helper", "common", "types", "manager", "base", "misc", "index", "src"];
const LAST_WORD = ["utils", "util", "helpers", "helper", "manager", "misc", "impl"];
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;

const FOLDERS_MAX = 3;

/** Folders and files are nouns of the field, in kebab-case, at most three folders deep in a package. */
export const namesRule = sourceRule("names", function* ({ path }, report, { workspaces }) {
  for (const segment of path.split("/")) {
    const name = segment.replace(/(\.(test|int|sim|config|workflow))*\.[a-z]+$/, "");
    if (!KEBAB.test(name)) yield report(`"${segment}" is not in kebab-case`);
    const last = name.slice(name.lastIndexOf("-") + 1);
    if (WHOLE.includes(name) || LAST_WORD.includes(last)) yield report(`"${segment}" says nothing: name what it holds`);
  }
  const inPackage = workspaces.find(({ folder }) => path.startsWith(`${folder}/`));
  const depth = inPackage ? path.slice(inPackage.folder.length + 1).split("/").length - 1 : 0;
  if (depth > FOLDERS_MAX) yield report(`${depth} folders deep in ${inPackage?.folder}; at most ${FOLDERS_MAX}`);
});
