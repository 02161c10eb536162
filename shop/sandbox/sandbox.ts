import { randomBytes } from "node:crypto";
import { cardRoutes } from "./card/routes.ts";
import { charges } from "./card/charges.ts";
import { dispute, settle } from "./card/settling.ts";
import { deliver, handOver } from "./carrier/moving.ts";
import { parcels } from "./carrier/parcels.ts";
import { carrierRoutes } from "./carrier/routes.ts";
import { sleep, systemClock, type Clock } from "./clock.ts";
import type { HttpPartner } from "./control/behaviour.ts";
import { conduct } from "./control/conduct.ts";
import { controlRoutes } from "./control/routes.ts";
import { answers } from "./file/answers.ts";
import { openGatheredFile, type GatheredFile } from "./file/gathered-file.ts";
import { journal } from "./file/journal.ts";
import { settings, type Settings } from "./file/settings.ts";
import { undone } from "./file/undone.ts";
import { work } from "./file/work.ts";
import { hooks } from "./hooks/hooks.ts";
import { hookSender } from "./hooks/sender.ts";
import { handler, type Handler } from "./http/handler.ts";
import { listener } from "./http/listener.ts";
import { identifiers } from "./identifiers.ts";
import { mailServer } from "./mail/mail-server.ts";
import { mails, type Mails } from "./mail/mails.ts";
import type { World } from "./world.ts";

export interface SandboxOptions {
  /** Folder of its one file; made when missing. */
  readonly data: string;
  /** 0 takes the port that this data folder had last, when it is free, else any. */
  readonly port: number;
  readonly smtpPort: number;
  /** Where hooks go while the behaviour names no address. */
  readonly hookUrls?: Readonly<Partial<Record<HttpPartner, string>>>;
  readonly clock?: Clock;
}

export interface Sandbox {
  /** Everything: `/card`, `/carrier`, `/control`. */
  readonly url: string;
  /** One partner by itself: these refuse connections while their partner is away so. */
  readonly cardUrl: string;
  readonly carrierUrl: string;
  readonly smtpPort: number;
  readonly webhookSecret: string;
  /** Takes no more requests, answers those under way for a second, then cuts them; closes the file. */
  close(): Promise<void>;
}

const PATIENCE_MS = 1_000;

/** The world outside, in this process: card provider, carrier, mail server, and their control. */
export async function sandbox(options: SandboxOptions): Promise<Sandbox> {
  const { data, port, smtpPort, clock = systemClock } = options;
  const file = openGatheredFile(data);
  const kept = settings(file);
  const webhookSecret = kept.once("webhook-secret", () => `whsec_${randomBytes(24).toString("base64")}`);
  const world = worldOf({ ...options, clock }, file, kept, webhookSecret);
  const postbox = mails(file, clock);
  let setAway = async () => {};
  const handle = handlerOf(world, postbox, () => setAway());
  const all = await listener("all", port, handle, kept);
  const card = await listener("card", 0, handle, kept);
  const carrier = await listener("carrier", 0, handle, kept);
  const smtp = await mailServer({ world, mails: postbox, settings: kept, port: smtpPort });
  const doors = { card, carrier, mail: smtp };
  setAway = async () => {
    const { current } = world.conduct;
    await Promise.all(
      (["card", "carrier", "mail"] as const).map((name) => doors[name].setOpen(current[name].away !== "refused")),
    );
  };
  await setAway();
  world.hooks.start();
  return {
    url: all.url,
    cardUrl: card.url,
    carrierUrl: carrier.url,
    smtpPort: smtp.port,
    webhookSecret,
    async close() {
      const patience = sleep(clock, PATIENCE_MS);
      await Promise.all([smtp.setOpen(false), ...[all, card, carrier].map((door) => door.close(patience))]);
      world.work.stop();
      world.hooks.stop();
      await file.change(() => {});
      file.close();
    },
  };
}

function worldOf(options: SandboxOptions & { readonly clock: Clock }, file: GatheredFile, kept: Settings, secret: string): World {
  const { clock, hookUrls: urls = {} } = options;
  const fileName = kept.once("name", () => randomBytes(4).toString("hex"));
  const notes = journal(file, clock);
  const own = conduct(kept);
  const sender = hookSender(clock);
  return {
    file,
    journal: notes,
    answers: answers(file, notes),
    undone: undone(file),
    work: work(file, clock),
    hooks: hooks({ file, journal: notes, conduct: own, clock, sender, secret, idPrefix: `msg_${fileName}_`, urls }),
    conduct: own,
    ids: identifiers(fileName),
    clock,
  };
}

function handlerOf(world: World, postbox: Mails, apply: () => Promise<void>): Handler {
  const { file, journal, conduct, clock } = world;
  const card = { ...world, charges: charges(file, clock) };
  const carrier = { ...world, parcels: parcels(file, clock) };
  world.work.start({
    settle: (n) => settle(card, n),
    dispute: (n) => dispute(card, n),
    "hand-over": (n) => handOver(carrier, n),
    deliver: (n) => deliver(carrier, n),
  });
  const control = controlRoutes({ card, carrier, mails: postbox, apply });
  return handler({ routes: [...cardRoutes(card), ...carrierRoutes(carrier), ...control], file, journal, conduct, clock });
}
