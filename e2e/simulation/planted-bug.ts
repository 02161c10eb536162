import type { SourcePatch } from "@daybook/testing/faults/planted-source";

/** A defect that the simulation must find, and the checks of which one at least must be among the finders. */
export interface PlantedBug extends SourcePatch {
  readonly name: string;
  readonly foundBy: readonly string[];
}
