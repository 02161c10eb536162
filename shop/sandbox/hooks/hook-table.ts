import type { HttpPartner } from "../control/behaviour.ts";
import type { GatheredFile } from "../file/gathered-file.ts";

export interface Hook {
  readonly n: number;
  readonly partner: HttpPartner;
  readonly type: string;
  readonly key: string;
  readonly body: string;
  /** Answers with 2xx that are still wanted. */
  readonly deliveriesLeft: number;
  readonly attempts: number;
  readonly dueAt: number;
}

/** The hooks in the file. */
export interface HookTable {
  add(hook: Omit<Hook, "n" | "attempts">): void;
  /** The first `limit` that are due at `now`. */
  due(partner: HttpPartner, now: number, limit: number): readonly Hook[];
  /** When the next after `now` is due. */
  nextAt(partner: HttpPartner, now: number): number | undefined;
  /** Keeps deliveries, attempts and time; without deliveries left it is delivered. */
  update(hook: Hook): void;
}

export function hookTable(file: GatheredFile): HookTable {
  const insert = file.prepare("INSERT INTO hooks VALUES (NULL, ?, ?, ?, ?, 'pending', ?, 0, ?)");
  const due = file.prepare(
    "SELECT * FROM hooks WHERE state = 'pending' AND partner = ? AND due_at <= ? ORDER BY due_at, n LIMIT ?",
  );
  const next = file.prepare("SELECT min(due_at) AS due_at FROM hooks WHERE state = 'pending' AND partner = ? AND due_at > ?");
  const update = file.prepare("UPDATE hooks SET state = ?, deliveries_left = ?, attempts = ?, due_at = ? WHERE n = ?");
  return {
    add: ({ partner, type, key, body, deliveriesLeft, dueAt }) =>
      void insert.run(partner, type, key, body, deliveriesLeft, dueAt),
    due: (partner, now, limit) => due.all(partner, now, limit).map(hookOf),
    nextAt(partner, now) {
      const at = next.get(partner, now)?.["due_at"];
      return typeof at === "number" ? at : undefined;
    },
    update({ deliveriesLeft, attempts, dueAt, n }) {
      update.run(deliveriesLeft === 0 ? "delivered" : "pending", deliveriesLeft, attempts, dueAt, n);
    },
  };
}

function hookOf(row: Readonly<Record<string, unknown>>): Hook {
  return {
    n: Number(row["n"]),
    partner: row["partner"] === "card" ? "card" : "carrier",
    type: String(row["type"]),
    key: String(row["key"]),
    body: String(row["body"]),
    deliveriesLeft: Number(row["deliveries_left"]),
    attempts: Number(row["attempts"]),
    dueAt: Number(row["due_at"]),
  };
}
