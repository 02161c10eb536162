import type { GatheredFile } from "./gathered-file.ts";

/** Keys whose effect was cancelled, also before it happened, with what came of it. */
export interface Undone {
  get(partner: string, key: string): object | undefined;
  add(partner: string, key: string, result: object): void;
}

export function undone(file: GatheredFile): Undone {
  const select = file.prepare("SELECT body FROM undone WHERE partner = ? AND key = ?");
  const insert = file.prepare("INSERT INTO undone VALUES (?, ?, ?)");
  return {
    get(partner, key) {
      const row = select.get(partner, key);
      return row && (JSON.parse(String(row["body"])) as object); // written below
    },
    add: (partner, key, result) => void insert.run(partner, key, JSON.stringify(result)),
  };
}
