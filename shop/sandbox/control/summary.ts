import type { GatheredFile } from "../file/gathered-file.ts";

const EXAMPLES = 10;

/**
 * What happened so far. `repeated` is the judge: keys that took effect more than once, and references (the one thing to be
 * paid, or sent) with more than one charge that stands, or parcel that was not taken back. It is counted from the journal and
 * the tables by the summary alone, not from what kept the effects apart.
 */
export function summary(file: GatheredFile): () => object {
  const counted = counts(file);
  const repeated = repeats(file);
  return () => ({ ...counted(), ...repeated() });
}

function counts(file: GatheredFile): () => object {
  const attempts = file.prepare(
    "SELECT partner, operation, outcome, count(*) AS count, sum(lost) AS lost FROM journal GROUP BY 1, 2, 3",
  );
  const charges = file.prepare("SELECT status AS name, count(*) AS count FROM charges GROUP BY 1");
  const parcels = file.prepare("SELECT status AS name, count(*) AS count FROM parcels GROUP BY 1");
  const hooks = file.prepare("SELECT state AS name, count(*) AS count FROM hooks GROUP BY 1");
  const mails = file.prepare("SELECT count(*) AS accepted, count(DISTINCT message_id) AS messageIds FROM mails");
  const money = file.prepare(`
    SELECT currency,
      sum(iif(status IN ('succeeded', 'disputed'), amount, 0)) AS chargedMinor, sum(refunded) AS refundedMinor,
      sum(iif(status = 'pending', amount, 0)) AS pendingMinor, sum(iif(status = 'disputed', amount - refunded, 0)) AS disputedMinor
    FROM charges GROUP BY 1 ORDER BY 1`);
  return () => ({
    charges: byName(charges.all()),
    money: money.all(),
    parcels: byName(parcels.all()),
    mails: mails.get(),
    hooks: byName(hooks.all()),
    attempts: attempts.all(),
  });
}

function repeats(file: GatheredFile): () => object {
  const keys = file.prepare(
    "SELECT key AS name FROM journal WHERE partner = ? AND effect = 1 AND key IS NOT NULL GROUP BY 1 HAVING count(*) > 1",
  );
  const charged = file.prepare(`
    SELECT reference AS name FROM charges WHERE status IN ('pending', 'succeeded', 'disputed') AND refunded < amount
    GROUP BY 1 HAVING count(*) > 1`);
  const sent = file.prepare("SELECT reference AS name FROM parcels WHERE status <> 'cancelled' GROUP BY 1 HAVING count(*) > 1");
  return () => {
    const ofEffects = [...keys.all("card"), ...keys.all("carrier")];
    return {
      keysWithMoreThanOneEffect: ofEffects.length,
      repeated: {
        keys: found(ofEffects),
        charges: found(charged.all()),
        parcels: found(sent.all()),
        mails: found(keys.all("mail")),
      },
    };
  };
}

type Rows = readonly Readonly<Record<string, unknown>>[];

function byName(rows: Rows): object {
  return Object.fromEntries(rows.map(({ name, count }) => [String(name), count]));
}

function found(rows: Rows): object {
  return { count: rows.length, examples: rows.slice(0, EXAMPLES).map(({ name }) => name) };
}
