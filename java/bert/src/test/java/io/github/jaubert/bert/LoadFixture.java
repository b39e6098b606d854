package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Parameter;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that tests change before they load it. */
abstract class LoadFixture {
  static final Path GOLDEN = TestFiles.golden().resolve("single-label");

  @TempDir Path temporary;
  Path folder;
  Map<String, Values> weights;

  @BeforeEach
  void copy() {
    folder = TestFiles.copy(golden(), temporary.resolve("model"));
    weights = TestFiles.readWeights(golden().resolve("model.safetensors"));
  }

  /** The checkpoint as it is. */
  Path golden() {
    return GOLDEN;
  }

  void rewrite(Map<String, Values> tensors) {
    TestFiles.writeWeights(folder.resolve("model.safetensors"), tensors, "F32");
  }

  void configure(String field, Object value) {
    Path file = folder.resolve("config.json");
    ObjectNode json = JsonFiles.readObject(file);
    json.putPOJO(field, value);
    TestFiles.write(file, JsonFiles.format(json));
  }

  /** What loading writes to the log. */
  static <B extends Block> String warnings(Supplier<B> load) {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try (B model = load.get()) {
      return log.toString(StandardCharsets.UTF_8);
    } finally {
      System.setErr(before);
    }
  }

  void assertSameAsGolden(Block model, String prefix, double tolerance) {
    for (Parameter parameter : model.parameters()) {
      Values expected = weights.get(prefix + parameter.name());
      float[] actual = parameter.tensor().toFloats();
      for (int i = 0; i < actual.length; i++) {
        assertEquals(
            expected.values()[i],
            actual[i],
            tolerance * Math.abs(expected.values()[i]) + tolerance * 1e-3,
            parameter.name());
      }
    }
  }

  /** What loading the folder as it is ends with. */
  String refusal() {
    return assertThrows(CheckpointException.class, () -> SequenceClassifier.fromPretrained(folder))
        .getMessage();
  }
}
