import type { LogFilter } from "@daybook/data/event-store/subscription";
import { StoreModel } from "@daybook/testing/simulation/store-model";
import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";

/** How far a process said that it had come with a projection, when there were so many journal entries. */
export interface ToldPosition extends LogFilter {
  readonly process: string;
  /** Of the projection's generation. */
  readonly name: string;
  readonly position: number;
  readonly entries: number;
}

/** What a projection says that it has handled is in its checkpoint, or was none of its business. */
export function checkPositions(told: readonly ToldPosition[], model: StoreModel, { log }: RawState, findings: Findings): void {
  for (const { process, name, position, entries, categories, types } of told) {
    const checkpoint = Number(StoreModel.valueAt(model.keys.get(`checkpoint/${name}`), entries) ?? 0);
    const left = log
      .slice(checkpoint, position)
      .find(
        ({ stream, type }) =>
          (categories?.includes(stream.slice(0, stream.indexOf("-"))) ?? true) && (types?.includes(type) ?? true),
      );
    findings.expect(
      "positions are true",
      left === undefined,
      () => `${process} said that ${name} stands at ${position}, its checkpoint was ${checkpoint}, before ${left?.position}`,
    );
  }
}
