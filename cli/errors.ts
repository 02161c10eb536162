import { defineError } from "@daybook/kernel/errors";

export const usageInvalid = defineError({
  code: "usage-invalid",
  advice: "Run the command with --help: it lists operands and flags.",
});

export const portInUse = defineError({
  code: "port-in-use",
  advice: "Choose another port with --port (0 takes a free one), or stop the program that has it.",
});

export const addressUnusable = defineError({
  code: "address-unusable",
  advice: "Name an address of this machine with --host, such as 127.0.0.1, and a port that you may use.",
});

export const accessDenied = defineError({
  code: "access-denied",
  advice: "Give this user access to what the message names, or name another folder or file.",
});

export const serverUnreachable = defineError({
  code: "server-unreachable",
  advice: "Check --url and whether `daybook start` is running there; try again after a moment.",
  retryable: true,
});

export const databaseUnreachable = defineError({
  code: "database-unreachable",
  advice: "Check --store and whether PostgreSQL is running there; try again after a moment.",
  retryable: true,
});

export const answerUnreadable = defineError({
  code: "answer-unreadable",
  advice: "Something other than Daybook answers at this address: check --url.",
});

export const tokenMissing = defineError({
  code: "token-missing",
  advice: "Set DAYBOOK__TOKEN, or name a file that holds the token with --token-file.",
});

export const confirmationMissing = defineError({
  code: "confirmation-missing",
  advice: "Add --yes to do it without being asked.",
});

export const interrupted = defineError({
  code: "interrupted",
  advice: "Run the same command again: it goes on where it stopped.",
  retryable: true,
});

export const checkFailed = defineError({
  code: "check-failed",
  advice: "Read the findings that were printed. Keep a copy of the data before you change anything.",
});

export const fileUnreadable = defineError({
  code: "file-unreadable",
  advice: "Name a file that exists and that this user may read.",
});

export const unexpected = defineError({
  code: "unexpected",
  advice: "A defect. Run again with DAYBOOK__LOG_LEVEL=debug and report what it prints.",
});

export const changeRefused = defineError({
  code: "change-refused",
  advice: "Nothing was done. Correct what the message names, then try again.",
});

export const folderUnusable = defineError({
  code: "folder-unusable",
  advice: "Name a folder with --data, not a file: one that exists, or one that can be made.",
});
