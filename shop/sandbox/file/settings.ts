import type { GatheredFile } from "./gathered-file.ts";

/** Named JSON values that outlive the process. */
export interface Settings {
  read(name: string): unknown;
  write(name: string, value: unknown): void;
  /** The value, made and kept when there is none. */
  once<Value>(name: string, make: () => Value): Value;
}

export function settings(file: GatheredFile): Settings {
  const select = file.prepare("SELECT value FROM settings WHERE name = ?");
  const insert = file.prepare("INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  const read = (name: string): unknown => {
    const row = select.get(name);
    return row === undefined ? undefined : JSON.parse(String(row["value"]));
  };
  const write = (name: string, value: unknown) => void insert.run(name, JSON.stringify(value));
  return {
    read,
    write,
    once<Value>(name: string, make: () => Value): Value {
      const known = read(name);
      if (known !== undefined) return known as Value; // written below, by the same name
      const made = make();
      write(name, made);
      return made;
    },
  };
}
