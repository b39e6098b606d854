package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.SmallVocabulary;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SaveTest {
  @TempDir Path temporary;

  private static SequenceClassifier small(Labels labels) {
    return SequenceClassifier.of(
        BertConfig.bertBase().withVocabSize(37).withEncoder(20, 2, 2, 30), labels);
  }

  private static void assertSame(SequenceClassifier expected, SequenceClassifier actual) {
    assertEquals(expected.config(), actual.config());
    assertEquals(expected.labels(), actual.labels());
    List<Parameter> parameters = actual.parameters();
    assertEquals(expected.parameters().size(), parameters.size());
    for (int i = 0; i < parameters.size(); i++) {
      Parameter wanted = expected.parameters().get(i);
      assertEquals(wanted.name(), parameters.get(i).name());
      assertArrayEquals(
          wanted.tensor().toFloats(), parameters.get(i).tensor().toFloats(), wanted.name());
    }
  }

  @Test
  void savesAndLoadsTheSameBits() {
    for (Labels labels :
        List.of(Labels.of("no", "yes"), Labels.multi("a", "b", "c"), Labels.score())) {
      Path out = temporary.resolve(labels.problemType().name());
      Rng.seed(7);
      try (SequenceClassifier model = small(labels)) {
        model.save(out);
        try (SequenceClassifier again = SequenceClassifier.fromPretrained(out)) {
          assertSame(model, again);
        }
      }
    }
  }

  @Test
  void whetherItWasTrainedOnPairsIsKept() {
    for (boolean pairs : new boolean[] {true, false}) {
      Path out = temporary.resolve("pairs" + pairs);
      try (SequenceClassifier model = small(Labels.of("no", "yes"))) {
        model.trainedOnPairs(pairs).save(out);
      }
      try (SequenceClassifier model = SequenceClassifier.fromPretrained(out)) {
        assertEquals(pairs, model.trainedOnPairs());
      }
      ObjectNode config = JsonFiles.readObject(out.resolve("config.json"));
      assertEquals(pairs, config.has("jaubert_trained_on_pairs"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"single-label", "multi-label", "regression"})
  void writesTheBytesThatHuggingFaceWrites(String task) throws IOException {
    Path golden = TestFiles.golden().resolve(task);
    Path out = temporary.resolve(task);
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(golden)) {
      model.save(out);
    }
    assertArrayEquals(
        Files.readAllBytes(golden.resolve("model.safetensors")),
        Files.readAllBytes(out.resolve("model.safetensors")));
    ObjectNode wanted = JsonFiles.readObject(golden.resolve("config.json"));
    ObjectNode written = JsonFiles.readObject(out.resolve("config.json"));
    written.remove(
        List.of("torch_dtype", "position_embedding_type")); // for transformers before version 5
    written
        .properties()
        .forEach(
            field ->
                assertEquals(
                    wanted.get(field.getKey()).asText(),
                    field.getValue().asText(),
                    field.getKey()));
    assertEquals(wanted.get("id2label"), written.get("id2label"));
    assertEquals(wanted.get("label2id"), written.get("label2id"));
    assertEquals(wanted.get("architectures"), written.get("architectures"));
  }

  @Test
  void keepsTheTokenizerOfTheFolderItCameFrom() throws IOException {
    Path from =
        TestFiles.copy(TestFiles.golden().resolve("single-label"), temporary.resolve("from"));
    SmallVocabulary.write(from);
    Path out = temporary.resolve("out");
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(from)) {
      model.save(out);
    }
    try (Tokenizer expected = Tokenizer.fromPretrained(from);
        Tokenizer actual = Tokenizer.fromPretrained(out)) {
      assertEquals(24, actual.maxLength());
      assertArrayEquals(
          expected.encode("The quick foxes!").ids(), actual.encode("The quick foxes!").ids());
    }
    assertEquals(
        List.of(
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
            "vocab.txt"),
        Arrays.stream(out.toFile().list()).sorted().toList());
  }

  @Test
  void savesATokenizerThatIsGiven() {
    SmallVocabulary.write(temporary.resolve("vocabulary"));
    Path out = temporary.resolve("out");
    try (SequenceClassifier model = small(Labels.of("no", "yes"));
        Tokenizer tokenizer = Tokenizer.fromPretrained(temporary.resolve("vocabulary"))) {
      model.save(out, tokenizer);
      try (Tokenizer again = Tokenizer.fromPretrained(out)) {
        assertEquals("[[CLS], the, fox, [SEP]]", again.encode("the fox").toString());
      }
    }
  }

  @Test
  void aFullDiskLeavesTheEarlierModel() throws IOException {
    Configuration small =
        Configuration.unix().toBuilder().setMaxSize(256 * 1024).setBlockSize(1024).build();
    try (FileSystem disk = Jimfs.newFileSystem(small);
        SequenceClassifier first = small(Labels.of("no", "yes"));
        SequenceClassifier large =
            SequenceClassifier.of(
                BertConfig.bertBase().withVocabSize(3000).withEncoder(20, 1, 2, 30),
                Labels.of("no", "yes"))) {
      Path out = disk.getPath("/work/out");
      first.save(out);
      byte[] before = Files.readAllBytes(out.resolve("model.safetensors"));
      CheckpointException e = assertThrows(CheckpointException.class, () -> large.save(out));
      assertTrue(e.getMessage().startsWith("/work/out: cannot be written: "), e.getMessage());
      assertArrayEquals(before, Files.readAllBytes(out.resolve("model.safetensors")));
      Path copy = temporary.resolve("copy"); // weights are not read from that disk
      TestFiles.copy(out, copy);
      try (SequenceClassifier again = SequenceClassifier.fromPretrained(copy)) {
        assertSame(first, again);
      }
    }
  }

  @Test
  void theEncoderAloneIsSavedToo() throws IOException {
    Path out = temporary.resolve("out");
    try (Bert model = Bert.of(BertConfig.bertBase().withVocabSize(37).withEncoder(20, 1, 2, 30))) {
      model.save(out);
      try (Bert again = Bert.fromPretrained(out)) {
        for (Parameter parameter : model.parameters()) {
          assertArrayEquals(
              parameter.tensor().toFloats(),
              again.parameter(parameter.name()).tensor().toFloats(),
              parameter.name());
        }
      }
    }
    String config = Files.readString(out.resolve("config.json"));
    assertTrue(config.startsWith("{\n  \"architectures\": [\n    \"BertModel\"\n  ],\n"), config);
  }

  @Test
  void safeTensorsHoldEveryTypeAndTheSameBytesForTheSameTensors() throws IOException {
    Path file = temporary.resolve("x.safetensors");
    try (Scope scope = Scope.open()) {
      float[] many = new float[300_000]; // more than one chunk
      for (int i = 0; i < many.length; i++) {
        many[i] = i;
      }
      Map<String, Tensor> tensors = new TreeMap<>();
      tensors.put("steps", Tensor.of(new long[] {Long.MIN_VALUE, 3}));
      tensors.put("a \"quoted\" name", Tensor.of(new int[] {-1, 2, 3}, 3, 1));
      tensors.put("flags", Tensor.of(new boolean[] {true, false, true}));
      tensors.put("many", Tensor.of(many, 3, 100_000));
      tensors.put("none", Tensor.zeros(DType.F32, Shape.of(0, 4)));
      tensors.put("one", Tensor.scalar(0.5f));
      Map<String, String> metadata = Map.of("step", "17", "format", "pt");
      SafeTensorsWriter.write(file, tensors, metadata);
      byte[] first = Files.readAllBytes(file);
      SafeTensorsWriter.write(file, tensors, metadata);
      assertArrayEquals(first, Files.readAllBytes(file));
      try (SafeTensors read = SafeTensors.open(file)) {
        assertEquals(metadata, read.metadata());
        assertEquals(tensors.keySet(), new java.util.TreeSet<>(read.names()));
        assertEquals(Shape.of(3, 1), read.shape("a \"quoted\" name"));
        assertEquals("BOOL", read.type("flags"));
        assertArrayEquals(new float[] {1, 0, 1}, read.floats("flags"));
        assertArrayEquals(many, read.floats("many"));
        assertArrayEquals(new float[] {-1, 2, 3}, read.floats("a \"quoted\" name"));
        assertArrayEquals(new float[] {0.5f}, read.floats("one"));
        assertEquals(Shape.of(0, 4), read.shape("none"));
        assertEquals((float) Long.MIN_VALUE, read.floats("steps")[0]);
      }
    }
  }
}
