package io.github.jaubert.measure.card;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the licences of a base model and of data ask for, that the licence of a model made of them
 * does not grant. A hint by their names, and no legal advice.
 */
final class Licenses {
  /** Which may be built on, and passed on under any other licence with a notice. */
  private static final Set<String> PERMISSIVE =
      Set.of(
          "apache-2.0",
          "mit",
          "bsd",
          "bsd-2-clause",
          "bsd-3-clause",
          "bsd-3-clause-clear",
          "cc0-1.0",
          "unlicense",
          "wtfpl",
          "zlib",
          "isc",
          "cc-by-2.0",
          "cc-by-2.5",
          "cc-by-3.0",
          "cc-by-4.0",
          "odc-by",
          "pddl",
          "cdla-permissive-1.0",
          "cdla-permissive-2.0",
          "afl-3.0",
          "ecl-2.0",
          "postgresql",
          "ncsa",
          "bsl-1.0",
          "etalab-2.0");

  /** SPDX's names of those that the Hub writes in other letters; no others are in a bill. */
  private static final Map<String, String> SPDX =
      Stream.of(
              "Apache-2.0",
              "MIT",
              "BSD-2-Clause",
              "BSD-3-Clause",
              "BSD-3-Clause-Clear",
              "CC0-1.0",
              "Unlicense",
              "WTFPL",
              "Zlib",
              "ISC",
              "CC-BY-2.0",
              "CC-BY-2.5",
              "CC-BY-3.0",
              "CC-BY-4.0",
              "CC-BY-SA-3.0",
              "CC-BY-SA-4.0",
              "CC-BY-NC-2.0",
              "CC-BY-NC-3.0",
              "CC-BY-NC-4.0",
              "CC-BY-ND-4.0",
              "CC-BY-NC-ND-4.0",
              "CC-BY-NC-SA-2.0",
              "CC-BY-NC-SA-3.0",
              "CC-BY-NC-SA-4.0",
              "CDLA-Permissive-2.0",
              "AFL-3.0",
              "ECL-2.0",
              "NCSA",
              "EUPL-1.1",
              "MPL-2.0",
              "EPL-1.0",
              "EPL-2.0")
          .collect(Collectors.toMap(id -> id.toLowerCase(Locale.ROOT), id -> id));

  private Licenses() {}

  /** The name in SPDX's list. */
  static Optional<String> spdx(String license) {
    return Optional.ofNullable(SPDX.get(license.toLowerCase(Locale.ROOT)));
  }

  /**
   * Compares.
   *
   * @param model the licence of the model, null if it is not given
   * @param of what the other licence is of, as {@code the base model}
   * @param other its licence, null if it is not known
   * @return sentences, none if nothing is known to be in the way
   */
  static List<String> conflicts(String model, String of, String other) {
    List<String> found = new ArrayList<>();
    if (model == null || other == null || same(model, other)) {
      return found;
    }
    String mine = model.toLowerCase(Locale.ROOT);
    String theirs = other.toLowerCase(Locale.ROOT);
    String pair = "%s is under %s, the model under %s".formatted(of, other, model);
    if (noncommercial(theirs) && !noncommercial(mine)) {
      found.add(pair + ", which does not forbid commercial use.");
    }
    if (theirs.contains("-nd")) {
      found.add(pair + "; it does not allow changed works to be passed on.");
    } else if (shareAlike(theirs)) {
      found.add(pair + "; it asks for the same licence on what is made of it.");
    } else if (!PERMISSIVE.contains(theirs) && !noncommercial(theirs)) {
      found.add(pair + ": this program does not know whether the one allows the other.");
    }
    return found;
  }

  private static boolean same(String one, String other) {
    return one.equalsIgnoreCase(other);
  }

  private static boolean noncommercial(String license) {
    return license.contains("-nc");
  }

  private static boolean shareAlike(String license) {
    return license.contains("-sa")
        || license.startsWith("gpl")
        || license.startsWith("agpl")
        || license.startsWith("odbl")
        || license.startsWith("gfdl")
        || license.startsWith("cdla-sharing");
  }
}
