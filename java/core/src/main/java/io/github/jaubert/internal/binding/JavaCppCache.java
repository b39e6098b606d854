package io.github.jaubert.internal.binding;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/**
 * Sees to it that JavaCPP, which unpacks the libraries of its presets, such as CUDA's, finds none
 * that somebody else put there. By itself it looks into {@code .javacpp-…} in the temporary folder
 * where there is no home folder, whoever made that.
 */
public final class JavaCppCache {
  private static final String PROPERTY = "org.bytedeco.javacpp.cachedir";

  private JavaCppCache() {}

  /**
   * Gives JavaCPP a folder of ours, unless the program has chosen one, or has used JavaCPP before.
   * To be called before JavaCPP loads a preset, too: a temporary folder may have been emptied, and
   * filled by somebody else, since.
   *
   * @throws IOException if others could exchange what is in the one that it then uses, or if that
   *     cannot be told
   */
  public static void secure(NativeFiles files) throws IOException {
    boolean chosen =
        System.getProperty(PROPERTY) != null
            || System.getProperty("org.bytedeco.javacpp.cacheDir") != null;
    if (!chosen) {
      System.setProperty(PROPERTY, files.javaCppFolder().toString());
    }
    Path used;
    try {
      used = Loader.getCacheDir().toPath(); // from now on the same
    } finally {
      if (!chosen) {
        System.clearProperty(PROPERTY);
      }
    }
    Files.createDirectories(used, PrivateFolder.ONLY_MINE);
    Optional<String> weakness;
    try {
      weakness = FileOwners.current().weaknessWithin(used);
    } catch (IOException e) {
      throw new IOException(refusal(used, "which cannot be checked: " + NativeFiles.words(e)), e);
    }
    if (weakness.isPresent()) {
      throw new IOException(refusal(used, "where others may write: " + weakness.get()));
    }
  }

  private static String refusal(Path used, String reason) {
    return "JavaCPP's cache is %s, %s. -D%s=FOLDER names another".formatted(used, reason, PROPERTY);
  }
}
