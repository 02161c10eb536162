import { storeUnknown } from "./errors.ts";

/** Where a shop's stores are, as `--store` and `ShopOptions.store` say it. */
export type StoreAddress =
  | { readonly kind: "sqlite" | "memory" }
  | {
      readonly kind: "postgres";
      /** Without our own parameter, which names the schema. */
      readonly url: string;
      readonly schema: string;
      /** Of the subjects' keys. */
      readonly keySchema: string;
    };

/** Throws `store-unknown`. */
export function storeAddress(text = "sqlite"): StoreAddress {
  if (text === "sqlite" || text === "memory") return { kind: text };
  if (!/^postgres(ql)?:\/\//.test(text)) throw storeUnknown(`"${text.slice(0, 40)}" is not a store`);
  const [address = "", query = ""] = text.split("?", 2); // an address with several hosts is no URL
  const settings = new URLSearchParams(query);
  const schema = settings.get("schema") ?? "daybook";
  settings.delete("schema");
  const url = settings.size === 0 ? address : `${address}?${settings.toString()}`;
  return { kind: "postgres", url, schema, keySchema: `${schema}_keys` };
}
