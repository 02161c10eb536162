import type { WorkflowDefinition } from "../definition.ts";
import { errorOf, failureOf, type Failure } from "./failure.ts";
import { handled } from "./handled.ts";
import type { Note, Request } from "./history.ts";

import type { Scope, Wait } from "./scope.ts";
import { decodeValue, encodeValue } from "./value-text.ts";

type Update = Request & { readonly kind: "update" };
type Signal = Request & { readonly kind: "signal" };

/** What was sent to a run: signals until they are asked for, updates until somebody handles them. Queries' answers. */
export class Mailbox {
  private readonly definition: WorkflowDefinition;
  private readonly note: (note: Note) => void;
  private readonly now: () => number;
  private readonly signals = new Map<string, Signal[]>();
  private readonly listeners = new Map<string, ((value: string) => void)[]>();
  private readonly updates = new Map<string, Update[]>();
  private readonly handlers = new Map<string, (input: unknown) => unknown>();
  private readonly queries = new Map<string, () => unknown>();

  constructor(definition: WorkflowDefinition, note: (note: Note) => void, now: () => number) {
    this.definition = definition;
    this.note = note;
    this.now = now;
  }

  put(request: Update | Signal): void {
    const { name } = request;
    if (request.kind === "signal") {
      const listener = this.listeners.get(name)?.shift();
      if (listener) listener(request.value);
      else listIn(this.signals, name).push(request);
      return;
    }
    const handler = this.handlers.get(name);
    if (handler) void this.carryOut(request, handler);
    else listIn(this.updates, name).push(request);
  }

  /** Signals that nobody asked for yet: what continues the run is given them. */
  get waiting(): readonly Signal[] {
    return [...this.signals.values()].flat();
  }

  /** Names of the signals that the code waits for. */
  get awaited(): readonly string[] {
    return [...this.listeners].flatMap(([name, { length }]) => (length > 0 ? [name] : []));
  }

  next(scope: Scope, name: string): Promise<unknown> {
    const schema = this.definition.messages.signals?.[name];
    const read = (value: string) => (schema ? decodeValue(schema, value, `signal ${name}`) : undefined);
    const first = this.signals.get(name)?.shift();
    if (first) return handled(Promise.resolve(first.value).then(read));
    return handled(new Promise<string>((resolve, reject) => this.listen(scope, name, resolve, reject)).then(read));
  }

  handle(name: string, handler: (input: unknown) => unknown): void {
    this.handlers.set(name, handler);
    for (const request of this.updates.get(name)?.splice(0) ?? []) void this.carryOut(request, handler);
  }

  answerBy(name: string, answer: () => unknown): void {
    this.queries.set(name, answer);
  }

  /** Text; undefined when the code does not answer that query (yet). */
  query(name: string): string | undefined {
    const schema = this.definition.messages.queries?.[name];
    const answer = this.queries.get(name);
    return schema && answer && encodeValue(schema, answer(), `query ${name}`);
  }

  private listen(scope: Scope, name: string, resolve: (value: string) => void, reject: (error: Error) => void): void {
    const listeners = listIn(this.listeners, name);
    const listener = (value: string) => {
      scope.waits.delete(wait);
      resolve(value);
    };
    const wait: Wait = {
      cancel: (reason: Failure) => {
        scope.waits.delete(wait);
        listeners.splice(listeners.indexOf(listener), 1);
        reject(errorOf(reason));
      },
    };
    scope.waits.add(wait);
    listeners.push(listener);
  }

  private async carryOut({ id, name, value }: Update, handler: (input: unknown) => unknown): Promise<void> {
    const contract = this.definition.messages.updates?.[name];
    if (!contract) return;
    try {
      const output = await handler(decodeValue(contract.input, value, `update ${name}`));
      this.note({ kind: "answer", of: id, at: this.now(), value: encodeValue(contract.output, output, `answer of ${name}`) });
    } catch (error) {
      this.note({ kind: "answer", of: id, at: this.now(), failure: failureOf(error, "workflow-failed") });
    }
  }
}

function listIn<T>(map: Map<string, T[]>, name: string): T[] {
  const list = map.get(name) ?? [];
  map.set(name, list);
  return list;
}
