import { normalised } from "@daybook/kernel/sealed";

/** Languages in which customers write the name of their country. */
const LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "pt"];
/** Not countries, or no longer. */
const NO_COUNTRIES = new Set(["EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"]);
/** Names that Unicode's tables do not have. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  america: "US",
  "channel islands": "JE",
  "czech republic": "CZ",
  eire: "IE",
  england: "GB",
  "great britain": "GB",
  holland: "NL",
  "northern ireland": "GB",
  "republic of ireland": "IE",
  rsa: "ZA",
  scotland: "GB",
  turkey: "TR",
  uk: "GB",
  "united states of america": "US",
  usa: "US",
  wales: "GB",
};

/** ISO 3166-1 codes of countries by what people call them. */
export type CountryCodes = (name: string) => string | undefined;

/** Knows codes and names in some languages (Unicode's), without regard to case and accents; the table is made at first use. */
export function countryCodes(): CountryCodes {
  let known: CountryCodes | undefined;
  return (name) => (known ??= knownCountries())(name);
}

function knownCountries(): CountryCodes {
  const codes = countries();
  const byName = new Map(Object.entries(OTHER_NAMES));
  for (const language of LANGUAGES) {
    const names = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
    for (const code of codes) {
      const name = names.of(code);
      if (name !== undefined && !byName.has(plain(name))) byName.set(plain(name), code);
    }
  }
  return (name) => (codes.has(name.trim().toUpperCase()) ? name.trim().toUpperCase() : byName.get(plain(name)));
}

/** Two letters that have a name and stand for themselves: those of former countries stand for their successors. */
function countries(): ReadonlySet<string> {
  const names = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
  const letters = Array.from({ length: 26 }, (_, n) => String.fromCharCode(65 + n));
  const pairs = letters.flatMap((first) => letters.map((second) => first + second));
  const isCountry = (code: string) => {
    const [locale] = Intl.getCanonicalLocales(`und-${code}`);
    return !NO_COUNTRIES.has(code) && locale === `und-${code}` && names.of(code) !== undefined;
  };
  return new Set(pairs.filter(isCountry));
}

function plain(name: string): string {
  return normalised(name)
    .replace(/\s*&\s*/g, " and ")
    .replace(/[.']/g, "")
    .replace(/^the /, "");
}
