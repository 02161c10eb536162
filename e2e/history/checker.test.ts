import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkHistory } from "./checker.ts";
import { fromLines, toLines, type AppendPart, type HistoryEntry, type LoggedEvent } from "./history.ts";

type Entry = Omit<HistoryEntry, "time">;

const ids = (unit: string, count = 1) => Array.from({ length: count }, (_, n) => `${unit}/${n}`);
const part = (unit: string, stream: string, expected?: number): AppendPart => ({
  stream,
  ids: ids(unit),
  ...(expected === undefined ? {} : { expected }),
});
const append = (process: number, type: Entry["type"], unit: string, parts: readonly AppendPart[], told: object = {}): Entry => ({
  process,
  type,
  function: "append",
  key: "",
  value: { unit, parts, ...told },
});

/** One process appends one event to stream `a`. */
const asks = (process: number, unit: string, expected?: number) => append(process, "invoke", unit, [part(unit, "a", expected)]);
const wins = (process: number, unit: string, version: number, position = version, expected?: number) =>
  append(process, "ok", unit, [{ ...part(unit, "a", expected), version }], { position, isRepeated: false });
const repeats = (process: number, unit: string, position: number, expected?: number) =>
  append(process, "ok", unit, [part(unit, "a", expected)], { position, isRepeated: true });
const loses = (process: number, unit: string, expected: number, version: number) =>
  append(process, "fail", unit, [part(unit, "a", expected)], { refused: { stream: "a", version } });
const vanishes = (process: number, unit: string, expected?: number) => append(process, "info", unit, [part(unit, "a", expected)]);
const looks = (process: number): Entry => ({ process, type: "invoke", function: "read", key: "a", value: {} });
const sees = (process: number, ...units: readonly string[]): Entry => ({
  process,
  type: "ok",
  function: "read",
  key: "a",
  value: { ids: units.map((unit) => `${unit}/0`) },
});
const logged = (process: number, events: readonly LoggedEvent[]): readonly Entry[] => [
  { process, type: "invoke", function: "log", key: "", value: {} },
  { process, type: "ok", function: "log", key: "", value: { events } },
];
/** The log of single events of stream `a`. */
const log = (...units: readonly string[]) =>
  logged(
    99,
    units.map((unit, n) => ({ position: n + 1, id: `${unit}/0`, stream: "a", version: n + 1 })),
  );

function violationsOf(entries: readonly Entry[], okMin = 1): readonly string[] {
  const timed = entries.map((entry, time) => ({ ...entry, time }));
  return checkHistory(fromLines(toLines(timed)), { okMin }).violations;
}

const GOOD: Readonly<Record<string, readonly Entry[]>> = {
  "appends and reads, one after another": [
    asks(0, "u", 0),
    wins(0, "u", 1),
    looks(0),
    sees(0, "u"),
    asks(0, "v", 1),
    wins(0, "v", 2),
    ...log("u", "v"),
  ],
  "of two at once one wins and the other is told so": [
    asks(0, "u", 0),
    asks(1, "v", 0),
    loses(0, "u", 0, 1),
    wins(1, "v", 1),
    ...log("v"),
  ],
  "a reader beside a writer sees it or not": [
    asks(0, "u"),
    looks(1),
    sees(1),
    looks(1),
    sees(1, "u"),
    looks(1),
    sees(1, "u"),
    wins(0, "u", 1),
    ...log("u"),
  ],
  "what is unknown has happened": [asks(0, "u"), vanishes(0, "u"), looks(1), sees(1, "u"), ...log("u")],
  "what is unknown has not happened": [asks(0, "u"), vanishes(0, "u"), looks(1), sees(1), ...log()],
  "what is unknown happens later": [asks(0, "u"), vanishes(0, "u"), looks(1), sees(1), looks(1), sees(1, "u"), ...log("u")],
  "what was never answered has happened": [asks(0, "u"), looks(1), sees(1, "u"), ...log("u")],
  "what is unknown is refused when it gets there late": [
    asks(0, "u", 0),
    vanishes(0, "u", 0),
    asks(1, "v", 0),
    wins(1, "v", 1),
    looks(1),
    sees(1, "v"),
    ...log("v"),
  ],
  "what is unknown is asked for again and is there": [
    asks(0, "u", 0),
    vanishes(0, "u", 0),
    asks(1, "u", 0),
    repeats(1, "u", 1, 0),
    ...log("u"),
  ],
  "a unit over two streams": [
    append(0, "invoke", "u", [part("u", "a", 0), { stream: "b", ids: ["u/1"], expected: 0 }]),
    append(
      0,
      "ok",
      "u",
      [
        { ...part("u", "a", 0), version: 1 },
        { stream: "b", ids: ["u/1"], expected: 0, version: 1 },
      ],
      { position: 2, isRepeated: false },
    ),
    ...logged(9, [
      { position: 1, id: "u/0", stream: "a", version: 1 },
      { position: 2, id: "u/1", stream: "b", version: 1 },
    ]),
  ],
};

const BAD: Readonly<Record<string, readonly [violation: RegExp, entries: readonly Entry[]]>> = {
  "a read that does not see what was acknowledged": [
    /a is not linearizable/,
    [asks(0, "u"), wins(0, "u", 1), looks(1), sees(1), ...log("u")],
  ],
  "a read that goes back behind an earlier one": [
    /a is not linearizable/,
    [asks(0, "u"), looks(1), sees(1, "u"), looks(2), sees(2), wins(0, "u", 1), ...log("u")],
  ],
  "a read of what was not asked for yet": [
    /a is not linearizable/,
    [looks(1), sees(1, "u"), asks(0, "u"), wins(0, "u", 1), ...log("u")],
  ],
  "a read in another order than the versions": [
    /a is not linearizable/,
    [asks(0, "u"), wins(0, "u", 1), asks(0, "v"), wins(0, "v", 2), looks(0), sees(0, "v", "u"), ...log("u", "v")],
  ],
  "two that win on one expected version": [
    /a is not linearizable/,
    [asks(0, "u", 0), asks(1, "v", 0), wins(0, "u", 1, 1, 0), wins(1, "v", 2, 2, 0), ...log("u", "v")],
  ],
  "one version given twice": [
    /a is not linearizable/,
    [asks(0, "u"), wins(0, "u", 1), asks(0, "v"), wins(0, "v", 1, 2), ...log("u", "v")],
  ],
  "a refusal by a version that the stream never had": [
    /a is not linearizable/,
    [asks(0, "u"), wins(0, "u", 1), asks(0, "v", 0), loses(0, "v", 0, 5), ...log("u")],
  ],
  "a refusal by the very version that was expected": [
    /a is not linearizable/,
    [asks(0, "u", 0), loses(0, "u", 0, 0), asks(0, "v"), wins(0, "v", 1), ...log("v")],
  ],
  "an unknown append that is seen and then gone": [
    /a is not linearizable/,
    [asks(0, "u"), vanishes(0, "u"), looks(1), sees(1, "u"), looks(1), sees(1), ...log("u")],
  ],
  "a repeated unit that was never there": [
    /a is not linearizable/,
    [asks(0, "u"), repeats(0, "u", 1), looks(0), sees(0, "u"), ...log("u")],
  ],
  "a repeated unit that is committed twice": [
    /is not linearizable/,
    [asks(0, "u"), vanishes(0, "u"), asks(1, "u"), wins(1, "u", 2), looks(1), sees(1, "u", "u"), ...log("u", "u")],
  ],
  "an acknowledged unit that is not in the log": [
    /unit u was acknowledged and is not whole/,
    [asks(0, "u"), wins(0, "u", 1), ...log()],
  ],
  "a unit at another position than was told": [/told position 7 and ends at 1/, [asks(0, "u"), wins(0, "u", 1, 7), ...log("u")]],
  "a refused unit that is in the log": [
    /unit v was refused and is in the log/,
    [asks(0, "u"), wins(0, "u", 1), asks(0, "v", 0), loses(0, "v", 0, 1), ...log("u", "v")],
  ],
  "an event that nobody asked for": [/nobody asked for the event x\/0/, [asks(0, "u"), wins(0, "u", 1), ...log("u", "x")]],
  "an event that stands in the log twice": [/stands in the log twice/, [asks(0, "u"), wins(0, "u", 1), ...log("u", "u")]],
  "a gap of positions": [
    /position 3 stands where 2 is due/,
    [
      asks(0, "u"),
      asks(1, "v"),
      wins(0, "u", 1),
      wins(1, "v", 2, 3),
      ...logged(9, [
        { position: 1, id: "u/0", stream: "a", version: 1 },
        { position: 3, id: "v/0", stream: "a", version: 2 },
      ]),
    ],
  ],
  "a gap of versions": [
    /has version 3 in the log where 2 is due/,
    [
      asks(0, "u"),
      wins(0, "u", 1),
      asks(0, "v"),
      vanishes(0, "v"),
      ...logged(9, [
        { position: 1, id: "u/0", stream: "a", version: 1 },
        { position: 2, id: "v/0", stream: "a", version: 3 },
      ]),
    ],
  ],
  "a unit with another one inside": [
    /unit u does not stand in the log as one whole/,
    [
      append(0, "invoke", "u", [{ stream: "a", ids: ["u/0", "u/1"] }]),
      asks(1, "v"),
      append(0, "ok", "u", [{ stream: "a", ids: ["u/0", "u/1"], version: 2 }], { position: 3, isRepeated: false }),
      ...logged(9, [
        { position: 1, id: "u/0", stream: "a", version: 1 },
        { position: 2, id: "v/0", stream: "a", version: 2 },
        { position: 3, id: "u/1", stream: "a", version: 3 },
      ]),
    ],
  ],
  "half a unit of two streams": [
    /unit u was acknowledged and is not whole/,
    [
      append(0, "invoke", "u", [part("u", "a"), { stream: "b", ids: ["u/1"] }]),
      append(
        0,
        "ok",
        "u",
        [
          { ...part("u", "a"), version: 1 },
          { stream: "b", ids: ["u/1"], version: 1 },
        ],
        { position: 2, isRepeated: false },
      ),
      ...log("u"),
    ],
  ],
  "a log in another order than acknowledged": [
    /stands before what was acknowledged/,
    [
      asks(0, "u"),
      wins(0, "u", 1, 2),
      append(0, "invoke", "v", [{ stream: "b", ids: ["v/0"] }]),
      append(0, "ok", "v", [{ stream: "b", ids: ["v/0"], version: 1 }], { position: 1, isRepeated: false }),
      ...logged(9, [
        { position: 1, id: "v/0", stream: "b", version: 1 },
        { position: 2, id: "u/0", stream: "a", version: 1 },
      ]),
    ],
  ],
  "a reader that skipped an event": [
    /saw no prefix of the log/,
    [
      asks(0, "u"),
      asks(1, "v"),
      ...logged(5, [{ position: 2, id: "v/0", stream: "a", version: 2 }]),
      wins(0, "u", 1),
      wins(1, "v", 2),
      ...log("u", "v"),
    ],
  ],
  "a reader that does not see what was acknowledged": [
    /saw 0 events after position 1/,
    [asks(0, "u"), wins(0, "u", 1), ...logged(5, []), ...log("u")],
  ],
  "a history without a last reading of the log": [/does not end with a reading/, [...log(), asks(0, "u"), wins(0, "u", 1)]],
  "a history in which too little went well": [/only 1 operations ended ok/, [asks(0, "u"), vanishes(0, "u"), ...log("u")]],
};

describe("the checker accepts", () => {
  for (const [what, entries] of Object.entries(GOOD)) test(what, () => assert.deepEqual(violationsOf(entries), []));
});

describe("the checker finds", () => {
  for (const [what, [violation, entries]] of Object.entries(BAD)) {
    test(what, () => {
      const found = violationsOf(entries, what.includes("too little") ? 2 : 1);
      assert.ok(
        found.some((text) => violation.test(text)),
        `found ${JSON.stringify(found)}`,
      );
    });
  }
});

test("a report counts how the operations ended", () => {
  const entries = [
    asks(0, "u", 0),
    wins(0, "u", 1, 1, 0),
    asks(0, "v", 0),
    loses(0, "v", 0, 1),
    asks(0, "w"),
    vanishes(0, "w"),
    asks(1, "x"),
    ...log("u"),
  ];
  const timed = entries.map((entry, time) => ({ ...entry, time }));
  assert.deepEqual(checkHistory(timed, { okMin: 2 }), { counts: { ok: 2, fail: 1, info: 2 }, streams: 1, violations: [] });
});

test("a process that does two things at once, or is answered unasked, makes no history", () => {
  assert.throws(() => violationsOf([asks(0, "u"), asks(0, "v")]), /process 0 is confused/);
  assert.throws(() => violationsOf([wins(0, "u", 1)]), /process 0 is confused/);
  assert.throws(() => violationsOf([asks(0, "u"), vanishes(0, "u"), asks(0, "v")]), /process 0 is confused/);
});
