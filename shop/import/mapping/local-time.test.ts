import assert from "node:assert/strict";
import { test } from "node:test";
import { localTimes, timePattern } from "./local-time.ts";

const us = localTimes("M/D/YYYY h:mm", "Europe/London");
const iso = localTimes("YYYY-MM-DD hh:mm:ss", "Europe/London");

test("winter is UTC in London, summer an hour ahead", () => {
  assert.equal(us("12/1/2010 8:26"), Date.parse("2010-12-01T08:26:00Z"));
  assert.equal(iso("2011-07-05 09:00:30"), Date.parse("2011-07-05T08:00:30Z"));
});

test("the hour that the clocks pass twice is the first one", () => {
  assert.equal(iso("2011-10-30 01:30:00"), Date.parse("2011-10-30T00:30:00Z"));
});

test("an hour that the clocks leave out is as far after the gap", () => {
  assert.equal(iso("2011-03-27 01:30:00"), Date.parse("2011-03-27T01:30:00Z"));
  assert.equal(iso("2011-03-27 01:30:00"), iso("2011-03-27 02:30:00"));
});

test("what is no day, no hour or another format is no time", () => {
  for (const text of ["2011-02-29 10:00:00", "2011-01-01 24:00:00", "2011-1-1 1:00:00", "1/2/2011 10:00", "", "now"]) {
    assert.equal(iso(text), undefined, text);
  }
});

test("a format names year, month, day, hour and minute once each", () => {
  for (const format of ["YYYY-MM", "YYYY-MM-DD hh:mm MM", "hh:mm", ""]) assert.equal(timePattern(format), undefined, format);
  assert.ok(timePattern("DD.MM.YYYY hh:mm"));
});

test("a day alone is its first moment; a time has hour and minute or neither", () => {
  assert.equal(localTimes("DD.MM.YYYY", "Europe/Berlin")("05.07.2026"), Date.parse("2026-07-04T22:00:00Z"));
  for (const format of ["YYYY-MM", "YYYY-MM-DD hh", "YYYY-MM-DD ss", "YYYY-MM-DD DD"])
    assert.equal(timePattern(format), undefined, format);
});

test("formats with a name say the time itself", () => {
  const read = (format: string, text: string) => localTimes(format, "Europe/London")(text);
  assert.equal(read("iso", "2026-07-05T10:00:00+02:00"), Date.parse("2026-07-05T08:00:00Z"));
  assert.equal(read("iso", "2026-07-05T10:00:00"), undefined, "no zone");
  assert.equal(read("epoch-seconds", "1783238400"), 1_783_238_400_000);
  assert.equal(read("epoch-milliseconds", "1783238400123"), 1_783_238_400_123);
  for (const text of ["", "-1", "1.5", "x"]) assert.equal(read("epoch-seconds", text), undefined, text);
});
