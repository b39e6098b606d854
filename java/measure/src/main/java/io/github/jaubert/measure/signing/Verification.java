package io.github.jaubert.measure.signing;

import java.util.List;

/**
 * How a model compares with its signature, which holds itself. All names are relative to the model.
 *
 * @param model what it was called when it was signed
 * @param signed how many files the signature covers
 * @param changed files with another content than was signed
 * @param linked signed files that are symbolic links now, which were not to be followed
 * @param missing signed files that are not there
 * @param added files that were not signed and are not to be ignored
 * @param unsigned files and folders that are there, and that nobody vouches for: ignored or allowed
 * @param allowsMissing whether files may be missing
 */
public record Verification(
    String model,
    int signed,
    List<String> changed,
    List<String> linked,
    List<String> missing,
    List<String> added,
    List<String> unsigned,
    boolean allowsMissing) {
  /** Whether all is as it was signed, as far as that was asked for. */
  public boolean passed() {
    return changed.isEmpty()
        && linked.isEmpty()
        && added.isEmpty()
        && (allowsMissing ? missing.size() < signed : missing.isEmpty());
  }
}
