package io.github.jaubert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The structs of the C ABI's headers, and the enums that say where Java writes their fields. */
class ArgumentsTest {
  private static final Path HEADERS = Path.of("../../native/include/jaubert");
  private static final Pattern STRUCT =
      Pattern.compile("typedef struct (jb_\\w+_args) \\{(.*?)\\} \\1;", Pattern.DOTALL);
  private static final Pattern COMMENT = Pattern.compile("//.*");

  /** All have eight bytes. */
  private static final Pattern FIELDS =
      Pattern.compile("(?:jb_in|jb_inout|int64_t|double) ([\\w, ]+);");

  private static final Map<String, String> ENUMS =
      Map.of(
          "jb_adam_args", "optim.AdamOptimizer",
          "jb_attention_args", "internal.ops.AttentionOps",
          "jb_cross_entropy_args", "internal.ops.LossOps",
          "jb_embedding_args", "internal.ops.EmbeddingOps",
          "jb_layernorm_args", "internal.ops.NormOps",
          "jb_linear_args", "internal.ops.LinearOps",
          "jb_matmul_args", "internal.ops.MatmulOps");

  @Test
  void enumsHaveTheFieldsOfTheirStructs() throws Exception {
    Map<String, List<String>> expected = structs();
    Map<String, List<String>> found = new TreeMap<>();
    for (Map.Entry<String, String> entry : ENUMS.entrySet()) {
      Class<?> field = Class.forName("io.github.jaubert." + entry.getValue() + "$Field");
      found.put(
          entry.getKey(),
          Arrays.stream(field.getEnumConstants())
              .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
              .toList());
    }
    assertEquals(expected, found);
  }

  private static Map<String, List<String>> structs() throws IOException {
    Map<String, List<String>> structs = new TreeMap<>();
    try (Stream<Path> headers = Files.list(HEADERS)) {
      for (Path header : headers.toList()) {
        Matcher struct = STRUCT.matcher(Files.readString(header));
        while (struct.find()) {
          String body = COMMENT.matcher(struct.group(2)).replaceAll("").replaceAll("\\s+", " ");
          List<String> names = new ArrayList<>();
          Matcher fields = FIELDS.matcher(body);
          while (fields.find()) {
            names.addAll(List.of(fields.group(1).split(", ")));
          }
          assertEquals("", FIELDS.matcher(body).replaceAll("").strip(), struct.group(1));
          structs.put(struct.group(1), names);
        }
      }
    }
    return structs;
  }
}
