import type { Mapping } from "./mapping.ts";

/** A number as plain decimal text: digits, with a point before decimals, and a minus where there is one. */
export type DecimalText = string;

/** Reads numbers as a mapping writes them; what is no number comes back as it is, and is not read by anybody. */
export function decimalTexts({
  decimalMark,
  groupMark,
}: Pick<Mapping, "decimalMark" | "groupMark">): (text: string) => DecimalText {
  if (decimalMark === "." && groupMark === undefined) return (text) => text;
  const [mark, group] = [RegExp.escape(decimalMark), RegExp.escape(groupMark ?? "")];
  const form = new RegExp(`^-?\\d{1,3}(${group}\\d{3})*(${mark}\\d+)?$|^-?\\d+(${mark}\\d+)?$`);
  return (text) => {
    if (!form.test(text)) return "";
    const whole = groupMark === undefined ? text : text.replaceAll(groupMark, "");
    return whole.replace(decimalMark, ".");
  };
}

/** The number ÷ 10^places, exactly: `255` and 2 is `2.55`. */
export function shifted(text: DecimalText, places: number): DecimalText {
  if (places === 0) return text;
  const [whole = "", fraction = ""] = text.split(".");
  const digits = whole.padStart(places + 1, "0");
  return `${digits.slice(0, digits.length - places)}.${digits.slice(digits.length - places)}${fraction}`;
}
