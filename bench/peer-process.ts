import { parseArgs } from "node:util";
import { messageOf } from "@daybook/kernel/errors";
import { closedLoop, eachBy, type Work } from "./closed-loop.ts";
import { benchFailed } from "./errors.ts";
import { openPeer, type Peer, type PeerAnswer, type PeerTask } from "./peers.ts";
import { cpuMicrosOfFamily } from "./processor-time.ts";
import { madeStreams } from "./read/stored-streams.ts";
import { factSource, many } from "./workload.ts";

/**
 * `peer-process.ts JSON`, forked by peers.ts: measures a peer in a process of its own, a round for each message, so that
 * what it leaves behind when it fails disturbs nobody.
 */
const task = JSON.parse(parseArgs({ allowPositionals: true }).positionals[0] ?? "") as PeerTask; // written by peers.ts
const { roundMs, callers, serverPid } = task;
const measure = await started();

process.on("message", () => void round());
answer({});

async function round(): Promise<void> {
  try {
    answer({ sample: await measure() });
  } catch (error) {
    answer({ failed: messageOf(error) });
  }
}

async function started() {
  const peer = await openPeer(task.peer, task.target);
  const prepare = await prepared(peer);
  const server = serverPid === undefined ? {} : { otherCpuMicros: () => cpuMicrosOfFamily(serverPid) };
  return closedLoop({ prepare, roundMs, callers, ...server });
}

async function prepared(peer: Peer): Promise<(count: number) => Work> {
  switch (task.does) {
    case "append":
      return appends(peer);
    case "job":
      return jobs(peer);
    case "workflow":
      return workflows(peer);
    case "read":
      return reads(peer);
  }
}

function workflows(peer: Peer): (count: number) => Work {
  return (count) => {
    const starts = Array.from({ length: count }, (_, n) => n + 1);
    return () => eachBy(callers, starts, (start) => peer.workflow(start));
  };
}

function appends(peer: Peer): (count: number) => Work {
  const fact = factSource("fresh");
  return (count) => {
    const events = many(count, fact).map(({ stream, type, data }) => ({
      stream,
      event: { type, data: parsed(data) },
    }));
    return () => eachBy(callers, events, ({ stream, event }) => peer.append(stream, [event]));
  };
}

function jobs(peer: Peer): (count: number) => Work {
  const fact = factSource("fresh");
  return (count) => {
    const data = many(count, fact).map((one) => parsed(one.data));
    return () => eachBy(callers, data, (one) => peer.job(one));
  };
}

async function reads(peer: Peer): Promise<(count: number) => Work> {
  const streams = madeStreams(task.streams, task.events);
  for (const { name, texts } of streams) {
    const events = texts.map((text) => ({ type: "OrderPlaced", data: parsed(text) }));
    await peer.append(name, events);
  }
  const read = async (name: string) => {
    const found = await peer.read(name);
    if (found !== task.events) throw benchFailed(`${found} events were loaded instead of ${task.events}`);
  };
  return (count) => {
    const names = Array.from({ length: count }, (_, n) => streams[(n * 7) % streams.length]?.name ?? "");
    return () => eachBy(callers, names, read);
  };
}

function parsed(text: string): unknown {
  return JSON.parse(text);
}

function answer(text: PeerAnswer): void {
  process.send?.(text);
}
