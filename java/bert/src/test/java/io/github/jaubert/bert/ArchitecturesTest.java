package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.distilbert.DistilBert;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of an architecture other than BERT. */
class ArchitecturesTest extends LoadFixture {
  @Override
  Path golden() {
    return TestFiles.golden("small-distilbert");
  }

  @Test
  void theModelTypeNamesTheArchitecture() {
    assertEquals("", warnings(() -> SequenceClassifier.fromPretrained(folder)));
    try (Encoder encoder = Encoder.fromPretrained(folder);
        Encoder bert = Encoder.fromPretrained(GOLDEN);
        SequenceClassifier classifier = SequenceClassifier.fromPretrained(folder)) {
      assertInstanceOf(DistilBert.class, encoder);
      assertInstanceOf(Bert.class, bert);
      assertInstanceOf(DistilBert.class, classifier.encoder());
      assertSameAsGolden(encoder, "distilbert.", 0);
      assertSameAsGolden(classifier, "", 0);
    }
    String refusal =
        assertThrows(CheckpointException.class, () -> Bert.fromPretrained(folder)).getMessage();
    assertTrue(refusal.contains("model_type is 'distilbert': only BERT"), refusal);
    refusal =
        assertThrows(CheckpointException.class, () -> DistilBert.fromPretrained(GOLDEN))
            .getMessage();
    assertTrue(refusal.contains("model_type is 'bert': only DistilBERT"), refusal);
  }

  @Test
  void anotherArchitectureIsRefusedByName() {
    configure("model_type", "gpt2");
    String expected =
        "config.json: model_type is 'gpt2': only albert, bert, camembert, deberta-v2, distilbert";
    assertTrue(refusal().contains(expected), refusal());
    assertTrue(
        assertThrows(CheckpointException.class, () -> Encoder.fromPretrained(folder))
            .getMessage()
            .contains(expected));
  }

  @Test
  void aNameIsTakenOnce() {
    Architectures.register(Bert.ARCHITECTURE);
    Architecture other = Architecture.of("bert", "Other", BertConfig::read, "embeddings");
    String message =
        assertThrows(IllegalArgumentException.class, () -> Architectures.register(other))
            .getMessage();
    assertEquals("model_type 'bert' is BERT's, and cannot be Other's", message);
  }

  @Test
  void writesTheBytesThatHuggingFaceWrites() throws IOException {
    Path out = temporary.resolve("out");
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      model.save(out);
    }
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("model.safetensors")),
        Files.readAllBytes(out.resolve("model.safetensors")));
    ObjectNode wanted = JsonFiles.readObject(folder.resolve("config.json"));
    ObjectNode written = JsonFiles.readObject(out.resolve("config.json"));
    written.remove("torch_dtype"); // for transformers before version 5
    for (Map.Entry<String, JsonNode> field : written.properties()) {
      assertEquals(wanted.get(field.getKey()), field.getValue(), field.getKey());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "module.", "module.distilbert."})
  void theEncoderAloneIsFoundWithAnyPrefix(String prefix) {
    weights.keySet().removeIf(name -> !name.startsWith("distilbert."));
    rewrite(TestFiles.rename(weights, n -> prefix + n.substring("distilbert.".length())));
    assertEquals("", warnings(() -> Encoder.fromPretrained(folder)));
    Labels labels = Labels.of("a", "b");
    String log = warnings(() -> SequenceClassifier.fromPretrained(folder, labels));
    assertTrue(
        log.contains(
            "train before use: pre_classifier.weight, pre_classifier.bias,"
                + " classifier.weight, classifier.bias"),
        log);
  }

  @Test
  void allOfAnotherHeadIsLeftOut() {
    configure("architectures", List.of("DistilBertForMultipleChoice"));
    Labels labels = Labels.of("LABEL_0", "LABEL_1", "LABEL_2");
    String log = warnings(() -> SequenceClassifier.fromPretrained(folder, labels));
    assertTrue(log.contains("train before use: pre_classifier.weight, pre_classifier.bias"), log);
    assertTrue(log.contains("not used: classifier.bias, classifier.weight, pre_class"), log);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vocab_size | 38 | 'distilbert.embeddings.word_embeddings.weight' is [37, 21], but config.json says vocab_size 38",
        "dim | 42 | 'distilbert.embeddings.word_embeddings.weight' is [37, 21], but config.json says dim 42",
        "max_position_embeddings | 512 | 'distilbert.embeddings.position_embeddings.weight' is [24, 21], but config.json says max_position_embeddings 512",
        "hidden_dim | 84 | 'distilbert.transformer.layer.0.ffn.lin1.weight' is [31, 21], but config.json says hidden_dim 84",
        "n_layers | 12 | holds 2 layers, but config.json says n_layers 12"
      })
  void refusesAConfigThatDoesNotFitTheWeights(String field, int value, String message) {
    configure(field, value);
    assertEquals(folder.resolve("model.safetensors") + ": " + message, refusal());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n_layers | 0 | n_layers is 0; it must be at least 1",
        "n_heads | 0 | n_heads is 0; it must be at least 1",
        "dim | 0 | dim is 0; it must be at least 1",
        "vocab_size | -1 | vocab_size is -1; it must be at least 1",
        "n_heads | 4 | dim 21 is not a multiple of n_heads 4",
        "dropout | 1.5 | dropout is 1.5; it must be in [0, 1)",
        "activation | swish | activation 'swish' is not one of",
        "sinusoidal_pos_embds | maybe | sinusoidal_pos_embds is \"maybe\"; true or false is needed",
        "pad_token_id | 37 | pad_token_id 37 is not among the 37 tokens"
      })
  void refusesWhatIsNotPossible(String field, String value, String message) {
    JsonNode was = JsonFiles.readObject(folder.resolve("config.json")).get(field);
    configure(
        field,
        was.isInt()
            ? (Object) Integer.parseInt(value)
            : was.isNumber() ? Double.valueOf(value) : value);
    assertTrue(refusal().startsWith(folder.resolve("config.json") + ": " + message), refusal());
  }

  /** Settings of an encoder from outside that checks nothing of its own. */
  private record Unchecked(
      int vocabSize, int hiddenSize, int numHiddenLayers, int maxPositionEmbeddings, int padTokenId)
      implements EncoderConfig {
    static final Architecture ARCHITECTURE =
        Architecture.of("unchecked", "Unchecked", Unchecked::read, "embeddings", "encoder");

    static Unchecked read(ConfigJson json) {
      return new Unchecked(
          json.integer("vocab_size", 30),
          json.integer("hidden_size", 8),
          json.integer("num_hidden_layers", 2),
          json.integer("max_position_embeddings", 16),
          json.integer("pad_token_id", 0));
    }

    @Override
    public Architecture architecture() {
      return ARCHITECTURE;
    }

    @Override
    public Encoder newEncoder() {
      throw new AssertionError("the settings were not refused: " + this);
    }

    @Override
    public double classifierDropoutProb() {
      return 0;
    }

    @Override
    public ObjectNode toJson() {
      return JsonFiles.object();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vocab_size | 0 | vocab_size is 0; it must be at least 1",
        "hidden_size | 0 | hidden_size is 0; it must be at least 1",
        "num_hidden_layers | 0 | num_hidden_layers is 0; it must be at least 1",
        "max_position_embeddings | -3 | max_position_embeddings is -3; it must be at least 1",
        "pad_token_id | 30 | pad_token_id 30 is not among the 30 tokens"
      })
  void refusesWhatNoEncoderCanHaveAndNamesTheFile(String field, int value, String message) {
    Architectures.register(Unchecked.ARCHITECTURE);
    Path config = folder.resolve("config.json");
    TestFiles.write(config, "{\"model_type\": \"unchecked\", \"%s\": %d}".formatted(field, value));
    String expected = config + ": " + message;
    assertEquals(expected, refusal());
    assertEquals(
        expected,
        assertThrows(CheckpointException.class, () -> Encoder.fromPretrained(folder)).getMessage());
  }

  @Test
  void refusesTheWeightsOfABert() {
    rewrite(TestFiles.readWeights(GOLDEN.resolve("model.safetensors")));
    assertTrue(
        refusal()
            .contains(
                "with or without the prefix 'distilbert.': these are not the weights of a"
                    + " DistilBERT; its first tensor is 'bert."),
        refusal());
  }

  @Test
  void parametersHaveHuggingFacesNames() {
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      List<String> names = model.parameters().stream().map(Parameter::name).toList();
      assertEquals(weights.keySet(), Set.copyOf(names));
      assertEquals(Shape.of(21, 21), model.parameter("pre_classifier.weight").shape());
      assertEquals(
          List.of(
              "pre_classifier.weight",
              "pre_classifier.bias",
              "classifier.weight",
              "classifier.bias"),
          names.subList(names.size() - 4, names.size()));
    }
  }
}
