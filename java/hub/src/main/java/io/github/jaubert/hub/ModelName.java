package io.github.jaubert.hub;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What a model is called on the Hub, and which version of it is meant.
 *
 * @param repository {@code OWNER/NAME}, or {@code NAME} alone as the oldest models have it
 * @param revision a branch, a tag or a commit
 */
public record ModelName(String repository, String revision) {
  /** The branch that is meant if none is named. */
  public static final String MAIN = "main";

  private static final Pattern REPOSITORY =
      Pattern.compile("(\\w([\\w.-]*\\w)?/)?\\w([\\w.-]*\\w)?");
  private static final Pattern REVISION = Pattern.compile("\\w[\\w.+-]*(/\\w[\\w.+-]*)*");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final int LONGEST_REPOSITORY = 96;
  private static final int LONGEST_REVISION = 200;

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException if the Hub can have no such repository or revision
   */
  public ModelName {
    Objects.requireNonNull(repository, "repository");
    Objects.requireNonNull(revision, "revision");
    if (!isRepository(repository)) {
      throw new IllegalArgumentException(
          "'%s' is no name of a model: OWNER/NAME or NAME, of letters, digits, '-', '_' and '.'"
              .formatted(repository));
    }
    if (!REVISION.matcher(revision).matches()
        || revision.length() > LONGEST_REVISION
        || revision.contains("..")) {
      throw new IllegalArgumentException(
          "'%s' is no revision: a branch, a tag or a commit".formatted(revision));
    }
  }

  private static boolean isRepository(String name) {
    return name.length() <= LONGEST_REPOSITORY
        && REPOSITORY.matcher(name).matches()
        && !name.contains("--")
        && !name.contains("..")
        && !name.endsWith(".git");
  }

  /**
   * Reads {@code OWNER/NAME}, {@code NAME}, or either with {@code @REVISION} behind it.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  public static ModelName of(String name) {
    int at = name.indexOf('@');
    return at < 0
        ? new ModelName(name, MAIN)
        : new ModelName(name.substring(0, at), name.substring(at + 1));
  }

  /** Whether {@link #of} takes it. */
  public static boolean isName(String name) {
    try {
      of(name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The same model in another version. */
  public ModelName at(String otherRevision) {
    return new ModelName(repository, otherRevision);
  }

  /** Whether the revision is a commit, whose files never change. */
  public boolean isCommit() {
    return isCommit(revision);
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  /** As {@link #of} reads it; without the revision if that is the usual one. */
  @Override
  public String toString() {
    return revision.equals(MAIN) ? repository : repository + "@" + revision;
  }
}
