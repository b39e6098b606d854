package io.github.jaubert.measure;

import java.util.List;

/**
 * Personal data in the texts. Nothing is shown in the clear, here or elsewhere in the report.
 *
 * @param rows how many have any
 * @param share their share of all rows
 * @param names whether names of persons and places were looked for
 * @param kinds what was found of each kind, none for a kind that is not there
 */
public record PersonalDataReport(long rows, double share, boolean names, List<Kind> kinds) {

  /** What was found of a kind, such as email: how often, and some, masked, with their lines. */
  public record Kind(String kind, long count, List<Masked> examples) {}

  /** One that was found. */
  public record Masked(String masked, long line) {}
}
