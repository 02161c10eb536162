import { defineError } from "@daybook/kernel/errors";

export const importFileMissing = defineError({
  code: "import-file-missing",
  advice: "Name a file that exists.",
});

export const importFileInvalid = defineError({
  code: "import-file-invalid",
  advice: "Correct the file where the message says, or choose the mapping that describes it. Nothing was placed.",
});

export const importFileChanged = defineError({
  code: "import-file-changed",
  advice: "The file was changed while it was read. Import it again: what was placed stays and is not placed twice.",
});

export const mappingInvalid = defineError({
  code: "mapping-invalid",
  advice: "Correct the mapping file; docs/import.md lists its fields, shop/import/mappings has examples.",
});
