package io.github.jaubert.bert.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.github.jaubert.internal.binding.NativeFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes tokenizers of the native library, which ships inside its jar, without letting that library
 * near the network, or near files that others may have put where DJL would unpack it to.
 */
final class NativeTokenizers {
  private static final String LIBRARY = "libtokenizers.so";
  private static final String RESOURCE = "native/lib/linux-x86_64/cpu/" + LIBRARY;

  /** Names the library to DJL, which then unpacks nothing. A variable of that name counts more. */
  private static final String LIBRARY_PATH = "RUST_LIBRARY_PATH";

  /** Where JNA, with which DJL looks for a GPU, unpacks its library to load it. */
  private static final String JNA_FOLDER = "jna.tmpdir";

  /**
   * What keeps DJL from asking a cloud's metadata service and reporting its use, and from looking
   * for a build with CUDA to download. They are set only while DJL looks at them, so that a
   * program's own use of DJL is not affected.
   */
  private static final Map<String, String> OFFLINE =
      Map.of("ai.djl.offline", "true", "OPT_OUT_TRACKING", "true", "RUST_FLAVOR", "cpu");

  /** Properties are those of the process: one object for all class loaders. */
  private static final Object LOCK = "io.github.jaubert.bert.tokenizer.NativeTokenizers".intern();

  private NativeTokenizers() {}

  /** Null if all is well. The initializer runs once, in whichever thread comes first. */
  private static final class Outcome {
    static final UnsatisfiedLinkError FAILURE = attempt();
  }

  /**
   * A tokenizer that pads nothing and truncates to {@code maxLength}, whatever its file says. Of a
   * pair it cuts the longer text first.
   *
   * @throws UnsatisfiedLinkError if the native library cannot be loaded; the message says why
   */
  static HuggingFaceTokenizer create(byte[] tokenizerJson, int maxLength) {
    return create(tokenizerJson, maxLength, "true", 0); // the longest first
  }

  /** The same, but of a pair it cuts the first text alone. */
  static HuggingFaceTokenizer cuttingFirst(byte[] tokenizerJson, int maxLength) {
    return create(tokenizerJson, maxLength, "only_first", 0);
  }

  /**
   * One that cuts the second text of a pair alone, and gives what it cut as further parts, of which
   * two neighbours have {@code stride} tokens of that text in common.
   */
  static HuggingFaceTokenizer windows(byte[] tokenizerJson, int maxLength, int stride) {
    return create(tokenizerJson, maxLength, "only_second", stride);
  }

  private static HuggingFaceTokenizer create(
      byte[] tokenizerJson, int maxLength, String truncation, int stride) {
    if (Outcome.FAILURE != null) {
      throw Outcome.FAILURE;
    }
    Map<String, String> options = new HashMap<>();
    options.put("padding", "false");
    options.put("truncation", truncation);
    options.put("maxLength", Integer.toString(maxLength));
    options.put("modelMaxLength", Integer.toString(maxLength));
    options.put("stride", Integer.toString(stride));
    options.put("addSpecialTokens", "true");
    try {
      return with(
          OFFLINE,
          () -> HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(tokenizerJson), options));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // never: the bytes are in memory
    }
  }

  /**
   * The ids of all tokens of a text, none around it, and nothing else of them.
   *
   * @param fromEnd whether the library takes the parts of a long text from its end on
   */
  static long[] plainIds(HuggingFaceTokenizer tokenizer, String text, boolean fromEnd) {
    long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), text, false);
    try {
      long[] ids = TokenizersLibrary.LIB.getTokenIds(encoding);
      if (TokenizersLibrary.LIB.getOverflowCount(encoding) == 0) {
        return ids;
      }
      List<long[]> parts = new ArrayList<>(List.of(ids));
      for (long part : TokenizersLibrary.LIB.getOverflowing(encoding)) {
        parts.add(TokenizersLibrary.LIB.getTokenIds(part));
        TokenizersLibrary.LIB.deleteEncoding(part);
      }
      if (fromEnd) {
        Collections.reverse(parts);
      }
      return parts.stream().flatMapToLong(Arrays::stream).toArray();
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  // ---- the library ----

  private static UnsatisfiedLinkError attempt() {
    try {
      Optional<String> named =
          Optional.ofNullable(System.getenv(LIBRARY_PATH))
              .or(() -> Optional.ofNullable(System.getProperty(LIBRARY_PATH)));
      List<URL> resources = named.isPresent() ? List.of() : List.of(packed());
      if (named.isPresent()) {
        NativeFiles.check(Path.of(named.get()));
      }
      NativeFiles.load(
          resources,
          files -> {
            Map<String, String> settings = new HashMap<>(OFFLINE);
            if (named.isEmpty()) {
              settings.put(LIBRARY_PATH, files.file(LIBRARY).toString());
            }
            if (System.getProperty(JNA_FOLDER) == null) {
              settings.put(JNA_FOLDER, files.temporaryFolder().toString());
            }
            with(
                settings,
                () -> {
                  LibUtils.checkStatus();
                  return null;
                });
          });
      return null;
    } catch (LinkageError | AssertionError | RuntimeException | IOException e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      UnsatisfiedLinkError failure =
          new UnsatisfiedLinkError(
              "the tokenizer's native library could not be loaded: " + cause.getMessage());
      failure.initCause(e);
      return failure;
    }
  }

  private static URL packed() throws IOException {
    URL url = HuggingFaceTokenizer.class.getClassLoader().getResource(RESOURCE);
    if (url == null) {
      throw new IOException(RESOURCE + " is not on the class path");
    }
    return url;
  }

  // ---- settings ----

  private interface Call<T> {
    T call() throws IOException;
  }

  /**
   * Calls DJL with system properties that are put back afterwards, and with the class loader that
   * has its resources: it asks that of the thread, which may be one of a server.
   */
  private static <T> T with(Map<String, String> properties, Call<T> call) throws IOException {
    synchronized (LOCK) {
      Thread thread = Thread.currentThread();
      ClassLoader loader = thread.getContextClassLoader();
      Map<String, String> before = new HashMap<>();
      properties.forEach((key, value) -> before.put(key, System.setProperty(key, value)));
      thread.setContextClassLoader(HuggingFaceTokenizer.class.getClassLoader());
      try {
        return call.call();
      } finally {
        thread.setContextClassLoader(loader);
        before.forEach(
            (key, value) -> {
              if (value == null) {
                System.clearProperty(key);
              } else {
                System.setProperty(key, value);
              }
            });
      }
    }
  }
}
