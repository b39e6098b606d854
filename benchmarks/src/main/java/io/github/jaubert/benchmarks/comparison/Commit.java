package io.github.jaubert.benchmarks.comparison;

import java.nio.file.Path;
import java.util.List;

/** The commit of the sources, and its date. */
record Commit(String hash, String date) {
  /** Of the checkout; unknown where there is no git. */
  static Commit of(Path root, ProgramRunner runner) {
    try {
      String[] lines =
          runner.output(git(root, "log", "-1", "--format=%h%n%cs")).strip().split("\n");
      boolean changed = !runner.output(git(root, "status", "--porcelain")).isBlank();
      return new Commit(lines[0] + (changed ? "+" : ""), lines[1]);
    } catch (ProgramFailure e) {
      return new Commit("unknown", "undated");
    }
  }

  private static Program git(Path root, String... arguments) {
    return new Program("git", List.of("git", "-C", root.toString())).with(arguments);
  }

  /** As a folder of results is called. */
  String folder(String kind) {
    return kind + "-" + date + "-" + hash;
  }
}
