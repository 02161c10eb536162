// The first steps with the package: a store in memory, one unit of work, and what it left behind.
import { idSource } from "daybook/kernel/ids";
import { systemClock } from "daybook/kernel/clock";
import { systemRandom } from "daybook/kernel/random";
import { memoryStore } from "daybook/data/store/memory";

const newId = idSource(systemClock, systemRandom());
const store = memoryStore();

const verdict = await store.commit({
  id: newId("unit"),
  cause: { correlation: newId("case"), actor: "usr_reader", tenant: "main" },
  conditions: [{ kind: "version", stream: "greeting-1", is: 0 }],
  effects: [
    { kind: "append", stream: "greeting-1", events: [{ type: "Greeted", schemaVersion: 1, data: '{"name":"world"}' }] },
    { kind: "putRow", collection: "greetings", key: "1", value: '{"name":"world"}' },
  ],
});
console.log(verdict.outcome);

for (const event of await store.readStream("greeting-1")) {
  console.log(`${event.stream} ${event.version}: ${event.type} ${event.data}`);
}
await store.close();
