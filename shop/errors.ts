import { defineError } from "@daybook/kernel/errors";

export const storeUnknown = defineError({
  code: "store-unknown",
  advice: "Use sqlite, memory, or a URL such as postgres://user:password@127.0.0.1:5432/shop.",
});

export const noShopHere = defineError({
  code: "no-shop-here",
  advice: "Check --data: it names the folder that `daybook start` or `daybook import` made.",
});

export const keysMissing = defineError({
  code: "keys-missing",
  advice:
    "Put keys.db (on PostgreSQL: the schema that ends in _keys) back from its backup. Without it nobody can read personal data; nothing was changed.",
});

export const sandboxFailed = defineError({
  code: "sandbox-failed",
  advice:
    "The sandbox stands for card provider, carrier and mail server during development. Read what it says, or start without it.",
});

export const partnersInvalid = defineError({
  code: "partners-invalid",
  advice: "--partners takes sandbox, none, or a JSON file with cardUrl, carrierUrl, smtpPort and webhookSecret.",
});
