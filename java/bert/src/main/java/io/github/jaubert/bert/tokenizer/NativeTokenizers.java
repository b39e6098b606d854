package io.github.jaubert.bert.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Makes tokenizers of the native library, which ships inside its jar, without letting that library
 * near the network.
 */
final class NativeTokenizers {
  /**
   * What keeps DJL from asking a cloud's metadata service and reporting its use, and from looking
   * for a build with CUDA to download. They are set only while DJL looks at them, so that a
   * program's own use of DJL is not affected.
   */
  private static final Map<String, String> OFFLINE =
      Map.of("ai.djl.offline", "true", "OPT_OUT_TRACKING", "true", "RUST_FLAVOR", "cpu");

  private NativeTokenizers() {}

  /**
   * A tokenizer that pads nothing and truncates to {@code maxLength}, whatever its file says.
   *
   * @throws IOException never: the bytes are in memory
   */
  static synchronized HuggingFaceTokenizer create(byte[] tokenizerJson, int maxLength)
      throws IOException {
    Map<String, String> options = new HashMap<>();
    options.put("padding", "false");
    options.put("truncation", "true"); // the longest first
    options.put("maxLength", Integer.toString(maxLength));
    options.put("modelMaxLength", Integer.toString(maxLength));
    options.put("stride", "0");
    options.put("addSpecialTokens", "true");
    Map<String, String> before = new HashMap<>();
    OFFLINE.forEach((key, value) -> before.put(key, System.setProperty(key, value)));
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(tokenizerJson), options);
    } finally {
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
