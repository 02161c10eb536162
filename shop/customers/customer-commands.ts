import { createHmac } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { aggregates, type Executed, type Extra, type Guard } from "@daybook/data/cqrs/aggregates";
import type { Refusal } from "@daybook/data/cqrs/decider";
import { contention } from "@daybook/data/cqrs/errors";
import { handlers, type Handlers } from "@daybook/data/cqrs/handlers";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import { reveal } from "@daybook/kernel/sealed";
import { sender } from "@daybook/messaging/queue/send";
import {
  activateCustomer,
  assignRoles,
  changePassword,
  changePreferences,
  deactivateCustomer,
  deleteCustomer,
  erasures,
  profileSchema,
  registerCustomer,
  updateCustomer,
  type ChangePassword,
  type Execution,
  type Profile,
  type RegisterCustomer,
  type UpdateCustomer,
} from "./contract.ts";
import { customerDecider, type CustomerCommand } from "./customer.ts";
import { CUSTOMERS, customerRow, parseCustomerRow } from "./customer-row.ts";
import { passwordKey } from "./identity/log-in.ts";
import type { PasswordDigests } from "./identity/password-digests.ts";
import type { ReservedNames } from "./reserved-names.ts";

export interface CustomerCommandsParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly names: ReservedNames;
  readonly passwords: PasswordDigests;
  /** Keys the digests of requests that hold a password. */
  readonly requestSecret: Uint8Array;
  /** From a deletion to the first look whether the personal data can be erased. */
  readonly eraseAfterMs: number;
}

const TRIES = 5;
/** No customer is at this version. */
const NEVER = -1;
const PASSWORD_WRONG: Refusal = { code: "password-wrong", message: "The current password is another one." };

/**
 * Commands: `registerCustomer`, `updateCustomer`, `changePreferences`, `assignRoles`, `changePassword`,
 * `activateCustomer`, `deactivateCustomer`, `deleteCustomer`; each answers an `Executed<Answer>`.
 */
export function customerCommands(parts: CustomerCommandsParts): Handlers<Execution> {
  const customers = new CustomerCommands(parts);
  const commands = handlers<Execution>();
  commands.register(registerCustomer, (input, execution) => customers.register(input, execution));
  commands.register(updateCustomer, (input, execution) => customers.update(input, execution));
  commands.register(changePassword, (input, execution) => customers.changePassword(input, execution));
  commands.register(deleteCustomer, ({ customerId }, execution) => customers.delete(customerId, execution));
  commands.register(changePreferences, ({ customerId, unwanted }, execution) =>
    customers.tell(customerId, { type: "change-preferences", unwanted }, execution),
  );
  commands.register(assignRoles, ({ customerId, roles }, execution) =>
    customers.tell(customerId, { type: "assign-roles", roles }, execution),
  );
  commands.register(activateCustomer, ({ customerId }, execution) => customers.tell(customerId, { type: "activate" }, execution));
  commands.register(deactivateCustomer, ({ customerId }, execution) =>
    customers.tell(customerId, { type: "deactivate" }, execution),
  );
  return commands;
}

class CustomerCommands {
  private readonly customers;
  private readonly erasures;
  private readonly parts: CustomerCommandsParts;

  constructor(parts: CustomerCommandsParts) {
    const { events, clock, ids } = parts;
    this.parts = parts;
    this.customers = aggregates({ events, clock, ids, decider: customerDecider, inline: customerRow });
    this.erasures = sender({ queue: erasures, store: events.store, clock, ids });
  }

  tell(customerId: string, command: CustomerCommand, execution: Execution): Promise<Executed<unknown>> {
    return this.customers.execute(customerId, command, execution);
  }

  register({ profile, password }: RegisterCustomer, execution: Execution): Promise<Executed<unknown>> {
    const { events, ids, names, passwords } = this.parts;
    const customerId = ids("cus");
    const { guards, effects } = names.change(customerId, undefined, profile);
    let value = "";
    const registering = async (): Promise<CustomerCommand> => {
      let refusal: Refusal | undefined;
      const isFree = async () => (refusal = await refusalNow(events.store, guards)) === undefined;
      value = (await passwords.digest(password, isFree)) ?? "";
      return refusal ? { type: "refuse", refusal } : { type: "register", customerId, profile };
    };
    const extra = (): Extra => ({ guards, effects: [...effects, { kind: "putKey", key: passwordKey(customerId), value }] });
    return this.customers.execute(customerId, registering(), { ...this.withoutPassword(execution), extra, isNew: true });
  }

  /** On the digest that `current` was compared with: of two who change it at once, one is told that it is another one. */
  changePassword({ customerId, current, password }: ChangePassword, execution: Execution): Promise<Executed<unknown>> {
    const { events, passwords } = this.parts;
    const key = passwordKey(customerId);
    let before = "";
    let value = "";
    const changing = async (): Promise<CustomerCommand> => {
      before = (await events.store.getKey(key)) ?? "";
      if ((await passwords.verify(current, before)) === "wrong") return { type: "refuse", refusal: PASSWORD_WRONG };
      value = (await passwords.digest(password)) ?? "";
      return { type: "change-password" };
    };
    const extra = (): Extra => ({
      guards: [{ condition: { kind: "keyValue", key, value: before }, refusal: PASSWORD_WRONG }],
      effects: [{ kind: "putKey", key, value }],
    });
    return this.customers.execute(customerId, changing(), { ...this.withoutPassword(execution), extra });
  }

  update({ customerId, change }: UpdateCustomer, execution: Execution): Promise<Executed<unknown>> {
    const { names } = this.parts;
    return this.atVersion(customerId, execution, (before) => {
      const after = before && profileSchema.parse({ ...before, ...change });
      const profile = isDeepStrictEqual(before, after) ? undefined : after;
      return { command: { type: "update", profile }, extra: names.change(customerId, before, after) };
    });
  }

  delete(customerId: string, execution: Execution): Promise<Executed<unknown>> {
    return this.atVersion(customerId, execution, (before) => {
      const command = { type: "delete" } as const;
      return before ? { command, extra: this.ending(customerId, before, execution.context) } : { command, extra: {} };
    });
  }

  /** Names, log-in and, later, whatever is sealed: nothing of a deleted customer stays. */
  private ending(customerId: string, before: Profile, context: Context): Extra {
    const { names, eraseAfterMs } = this.parts;
    const { effects } = names.change(customerId, before, undefined);
    const erasure = this.erasures.effect({ customerId }, { context, id: customerId, delayMs: eraseAfterMs });
    return { effects: [...effects, { kind: "deleteKey", key: passwordKey(customerId) }, erasure] };
  }

  /** Which names are freed depends on the profile: the command is carried out on the version that it was read at. */
  private async atVersion(
    customerId: string,
    execution: Execution,
    prepare: (before: Profile | undefined) => { readonly command: CustomerCommand; readonly extra: Extra },
  ): Promise<Executed<unknown>> {
    const { store, keys } = this.parts.events;
    const wanted = execution.expectedVersion;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const row = await store.getRow(CUSTOMERS, customerId);
      const { customer, version } = row ? parseCustomerRow(row.value) : { customer: undefined, version: 0 };
      const before = customer && "profile" in customer ? await reveal(keys, customer.profile) : undefined;
      const { command, extra } = prepare(before);
      const expectedVersion = wanted === undefined || wanted === version ? version : NEVER;
      const executed = await this.customers.execute(customerId, command, { ...execution, expectedVersion, extra: () => extra });
      if (executed.kind !== "stale" || wanted !== undefined) return executed;
    }
    throw contention(`others change customer ${customerId} all the time`);
  }

  /** What is kept of a request is keyed, or its digest would be one of the password. */
  private withoutPassword(execution: Execution): Execution {
    const { idempotency } = execution;
    if (!idempotency) return execution;
    const content = createHmac("sha256", this.parts.requestSecret).update(idempotency.content).digest("hex");
    return { ...execution, idempotency: { ...idempotency, content } };
  }
}

/** Told before the work is done for nothing; the commit decides. */
async function refusalNow(store: Store, guards: readonly Guard[]): Promise<Refusal | undefined> {
  for (const { condition, refusal } of guards) {
    if (condition.kind === "keyAbsent" && (await store.getKey(condition.key)) !== undefined) return refusal;
  }
  return undefined;
}
