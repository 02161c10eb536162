import { accept, refuse, type Decider } from "@daybook/data/cqrs/decider";
import type { EventOf } from "@daybook/data/event-store/event";
import type { copyEvents } from "./events.ts";

export type CopyEvent = EventOf<typeof copyEvents>;

export type CopyCommand =
  | { readonly kind: "register"; readonly title: string }
  | { readonly kind: "lend"; readonly reader: string; readonly dueAt: number }
  | { readonly kind: "return" }
  | { readonly kind: "reserve"; readonly reader: string };

export interface Copy {
  /** Empty until it is registered. */
  readonly title: string;
  /** How often it was lent; the loan under way, if there is one, has this number. */
  readonly loans: number;
  /** Who has it. */
  readonly reader?: string;
  /** Who waits for it, in order. */
  readonly waiting: readonly string[];
}

/** A copy of a book: on the shelf, or lent to one reader while others wait. */
export const copyDecider: Decider<Copy, CopyCommand, CopyEvent> = {
  category: "copy",
  version: 1,
  initial: { title: "", loans: 0, waiting: [] },
  decide(command, copy) {
    if (command.kind === "register") {
      if (copy.title !== "") return refuse("copy-registered", "this copy is registered already");
      return accept({ type: "CopyRegistered", data: { title: command.title } });
    }
    if (copy.title === "") return refuse("copy-unknown", "no such copy is registered");
    switch (command.kind) {
      case "lend":
        return lend(copy, command);
      case "return":
        if (copy.reader === undefined) return accept();
        return accept({ type: "CopyReturned", data: { loan: copy.loans, reader: copy.reader } });
      case "reserve":
        if (copy.waiting.includes(command.reader)) return accept();
        return accept({ type: "CopyReserved", data: { reader: command.reader } });
    }
  },
  evolve(copy, { type, data }) {
    switch (type) {
      case "CopyRegistered":
        return { ...copy, title: data.title };
      case "CopyLent":
        return { ...copy, loans: data.loan, reader: data.reader, waiting: copy.waiting.filter((each) => each !== data.reader) };
      case "CopyReturned": {
        const { reader: _, ...onShelf } = copy;
        return onShelf;
      }
      case "CopyReserved":
        return { ...copy, waiting: [...copy.waiting, data.reader] };
    }
  },
};

function lend(copy: Copy, { reader, dueAt }: Extract<CopyCommand, { kind: "lend" }>) {
  if (copy.reader !== undefined) return refuse("copy-lent", "another reader has this copy");
  const [next = reader] = copy.waiting;
  if (next !== reader) return refuse("copy-reserved", "another reader is first in line");
  const { title, loans } = copy;
  return accept<CopyEvent>({ type: "CopyLent", data: { loan: loans + 1, title, reader, dueAt } });
}
