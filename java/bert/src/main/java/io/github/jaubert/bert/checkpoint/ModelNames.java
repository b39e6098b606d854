package io.github.jaubert.bert.checkpoint;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Models by their names on a hub. */
public final class ModelNames {
  /** As Hugging Face's Hub has them, with a branch, tag or commit behind an @. */
  private static final Pattern NAME =
      Pattern.compile("(\\w[\\w.-]*/)?\\w[\\w.-]*(@\\w[\\w.+/-]*)?");

  /** Where the cache that all programs share keeps a version of a model. */
  private static final Pattern SNAPSHOT =
      Pattern.compile("(.*[/\\\\])?models--([^/\\\\]+)[/\\\\]snapshots[/\\\\][0-9a-f]{40}[/\\\\]?");

  private ModelNames() {}

  /**
   * The folder that is meant: the one of this path if there is one, or else that of the model on
   * the hub which is called so.
   *
   * @param weights whether the weights are needed, or only config and tokenizer
   * @throws CheckpointException if it is neither, or no hub is on the class path
   */
  public static Path folder(String folderOrName, boolean weights) {
    Path folder = path(folderOrName);
    if (Files.exists(folder) || !isName(folderOrName)) {
      return folder;
    }
    return hub()
        .orElseThrow(
            () ->
                new CheckpointException(
                    folderOrName,
                    "no such folder; if it is a model of Hugging Face's Hub, put jaubert-hub on the"
                        + " class path, which fetches it"))
        .fetch(folderOrName, weights);
  }

  private static Optional<ModelHub> hub() {
    return ServiceLoader.load(ModelHub.class, ModelHub.class.getClassLoader()).findFirst();
  }

  /**
   * The model that a file in a folder names. It is fetched only if that folder came from the hub
   * itself, so that folders never cause a connection; else it must be on this machine.
   */
  static Optional<Path> namedIn(Path folder, String name) {
    if (!isName(name)) {
      return Optional.empty();
    }
    return SNAPSHOT.matcher(folder.toString()).matches()
        ? hub().map(hub -> hub.fetch(name, true))
        : hub().flatMap(hub -> hub.cached(name));
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new CheckpointException(text, "neither a folder nor the name of a model", e);
    }
  }

  /**
   * Whether it can be the name of a model on a hub. A mistyped folder, such as {@code
   * runs/wordnett} where there is a folder {@code runs}, is none.
   */
  public static boolean isName(String text) {
    if (!NAME.matcher(text).matches()) {
      return false;
    }
    int slash = text.indexOf('/');
    int at = text.indexOf('@');
    return slash < 0 || at >= 0 && at < slash || !Files.exists(Path.of(text.substring(0, slash)));
  }

  /**
   * What a model is called in model cards and adapters: its name on the hub if the folder is that
   * of a cache, or else the folder.
   */
  public static String of(String folder) {
    Matcher cached = SNAPSHOT.matcher(folder);
    return cached.matches() ? cached.group(2).replace("--", "/") : folder;
  }
}
