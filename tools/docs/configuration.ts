import type { Flag } from "@daybook/cli/command";
import { FLAGS } from "@daybook/cli/flags";
import { settingsSchema } from "@daybook/cli/settings";
import { table, type GeneratedDocument } from "./document.ts";

/** docs/configuration.md: every setting with its flag, its variable and its default. */
export const configurationDocument: GeneratedDocument = {
  path: "docs/configuration.md",
  render() {
    const defaults: Readonly<Record<string, string | number | undefined>> = settingsSchema.parse({});
    const rows = Object.keys(settingsSchema.shape).map((name) => {
      const flag: Flag | undefined = Object.entries(FLAGS).find(([of]) => of === name)?.[1];
      return [
        flag === undefined ? "" : `\`--${flag.name} ${flag.value ?? ""}\``,
        `\`DAYBOOK__${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}\``,
        defaults[name] === undefined ? "" : `\`${defaults[name]}\``,
        flag?.summary ?? "",
      ];
    });
    return `# Configuration

A flag wins over its variable, a variable over the default. A value that does not fit, and a variable that starts with
\`DAYBOOK__\` and is no setting, stop the program before it opens anything (\`config-invalid\`, exit code 2), with all faults at once.

Made by \`npm run docs\` from \`cli/settings.ts\`.

${table(["flag", "variable", "default", "what it is"], rows)}

Partners in a file, for \`--partners FILE\`: a JSON object with \`cardUrl\`, \`carrierUrl\` (http or https), \`smtpPort\` and \`webhookSecret\`
(\`whsec_\` and base 64).
`;
  },
};
