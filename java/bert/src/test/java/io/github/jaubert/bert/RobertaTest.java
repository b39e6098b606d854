package io.github.jaubert.bert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static io.github.jaubert.bert.MaskedLanguageModelTest.assertGradients;
import static io.github.jaubert.bert.MaskedLanguageModelTest.at;
import static io.github.jaubert.bert.MaskedLanguageModelTest.floats;
import static io.github.jaubert.bert.MaskedLanguageModelTest.labelled;
import static io.github.jaubert.bert.MaskedLanguageModelTest.labels;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.roberta.Roberta;
import io.github.jaubert.bert.models.roberta.RobertaConfig;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small RoBERTas, XLM-RoBERTas and CamemBERTs against PyTorch's autograd in double precision. The
 * figures are made by src/test/python/golden_small_roberta.py.
 */
class RobertaTest extends LoadFixture {
  private static final Path ENCODER = golden("encoder");

  @Override
  Path golden() {
    return ENCODER;
  }

  private static Path golden(String head) {
    return head.equals("questions")
        ? TestFiles.golden("question-answering").resolve("roberta")
        : TestFiles.golden("small-roberta").resolve(head);
  }

  private static JsonNode expected(String head) {
    return JsonFiles.readObject(golden(head).resolve("expected.json"));
  }

  private static EncoderModel<?> load(String head, Path folder) {
    return switch (head) {
      case "masked" -> MaskedLanguageModel.fromPretrained(folder);
      case "classifier" -> SequenceClassifier.fromPretrained(folder);
      case "tokens" -> TokenClassifier.fromPretrained(folder);
      default -> QuestionAnswerer.fromPretrained(folder);
    };
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    Arrays.setAll(values, i -> array.get(i).asInt());
    return values;
  }

  // ---- figures ----

  @Test
  void hiddenStatesAndPooledOutput() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    assertEquals("", warnings(() -> Encoder.fromPretrained(ENCODER)));
    try (Encoder model = Encoder.fromPretrained(ENCODER);
        SafeTensors golden = SafeTensors.open(ENCODER.resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      assertInstanceOf(Roberta.class, model);
      List<Tensor> states = model.hiddenStates(batch);
      assertEquals(3, states.size());
      for (int i = 0; i < 3; i++) {
        assertTrue(relativeL2(golden.floats("h" + i), states.get(i).toFloats()) < 1e-6, "h" + i);
      }
      assertTrue(relativeL2(golden.floats("pooled"), model.pooled(batch).toFloats()) < 1e-6);
    }
  }

  @Test
  void maskedTokensLossLogitsAndEveryGradient() {
    JsonNode expected = expected("masked");
    int[] labels = labels(expected);
    int[] rows = labelled(labels);
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(golden("masked"));
        Scope scope = Scope.open()) {
      model.train();
      TokenInputs inputs = model.encoder().inputs(Goldens.batch(expected));
      Tensor loss = model.loss(inputs, Tensor.of(rows), at(rows, labels), 0);
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      assertGradients(model, golden("masked"));
      float[] some = model.logits(inputs, Tensor.of(Arrays.copyOf(rows, 5))).toFloats();
      assertTrue(relativeL2(floats(expected.get("logits")), some) < 2e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classifier", "tokens"})
  void classifiersLossLogitsAndEveryGradient(String head) {
    JsonNode expected = expected(head);
    int[] labels = head.equals("tokens") ? labels(expected) : ints(expected.get("labels"));
    try (Classifier<?> model = (Classifier<?>) load(head, golden(head));
        Scope scope = Scope.open()) {
      model.train();
      Tensor logits = model.forward(Goldens.batch(expected));
      Tensor loss = model.loss(logits, Tensor.of(labels));
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-6);
      assertTrue(relativeL2(floats(expected.get("logits")), logits.toFloats()) < 1e-6);
      assertGradients(model, golden(head));
    }
  }

  /** Tokenizers of pairs may give them, as BERT's do. */
  @Test
  void typesOfTokensDoNotCount() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    Random random = new Random(Seeds.SEED);
    int[] types = random.ints(batch.tokens(), 0, 2).toArray();
    TokenBatch typed = new TokenBatch(batch.inputIds(), types, batch.lengths());
    for (String head : List.of("encoder", "questions")) { // of one type and of two
      try (Encoder model = Encoder.fromPretrained(golden(head));
          Scope scope = Scope.open()) {
        TokenInputs inputs = model.inputs(batch);
        float[] plain = model.forward(inputs).lastHidden().toFloats();
        assertArrayEquals(plain, model.forward(typed).lastHidden().toFloats());
        assertArrayEquals(plain, model.forward(inputs.set(typed)).lastHidden().toFloats());
      }
    }
  }

  @Test
  void aSequenceIsAsLongAsThereArePositionsBehindPadding() {
    try (Encoder model = Encoder.fromPretrained(golden("classifier"));
        Scope scope = Scope.open()) {
      assertEquals(24, model.config().maxPositionEmbeddings());
      int[] ids = new Random(Seeds.SEED).ints(25, 5, 67).toArray();
      TokenBatch tooLong = new TokenBatch(ids, new int[25], PackedSequences.of(25));
      assertEquals(
          "a sequence of 25 tokens: the model has 24 positions",
          assertThrows(IllegalArgumentException.class, () -> model.forward(tooLong)).getMessage());
      TokenBatch padded = Goldens.batch(expected("encoder")).padTo(100);
      assertEquals(100, model.forward(padded).lastHidden().size(0));
    }
  }

  // ---- folders ----

  @ParameterizedTest
  @ValueSource(strings = {"masked", "classifier", "tokens", "questions"})
  void savesWhatItLoaded(String head) {
    Path out = temporary.resolve("out");
    assertEquals("", warnings(() -> load(head, golden(head))));
    try (EncoderModel<?> model = load(head, golden(head))) {
      model.save(out);
    }
    assertSame(head, out);
    load(head, out).close();
  }

  @Test
  void theEncoderAloneHasItsPooler() {
    Path out = temporary.resolve("out");
    try (Encoder model = Roberta.fromPretrained(ENCODER)) {
      model.save(out);
    }
    assertSame("encoder", out);
  }

  private static void assertSame(String head, Path out) {
    Map<String, Values> before = TestFiles.readWeights(golden(head).resolve("model.safetensors"));
    Map<String, Values> after = TestFiles.readWeights(out.resolve("model.safetensors"));
    assertEquals(before.keySet(), after.keySet());
    before.forEach((key, value) -> assertArrayEquals(value.values(), after.get(key).values(), key));
    ObjectNode config = JsonFiles.readObject(golden(head).resolve("config.json"));
    ObjectNode saved = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals(config.get("architectures"), saved.get("architectures"));
    assertEquals(config.get("model_type"), saved.get("model_type"));
    assertEquals(RobertaConfig.fromPretrained(golden(head)), RobertaConfig.fromPretrained(out));
    Set<String> missing = new HashSet<>();
    config.fieldNames().forEachRemaining(missing::add);
    saved.fieldNames().forEachRemaining(missing::remove);
    // Of decoders, of the problem, which a classifier of tokens does not have, or its own.
    missing.removeAll(
        Set.of(
            "add_cross_attention",
            "bos_token_id",
            "eos_token_id",
            "is_decoder",
            "problem_type",
            "tie_word_embeddings",
            "transformers_version",
            "use_cache"));
    assertEquals(Set.of(), missing);
  }

  @Test
  void aHeadForWholeTextsTakesThePlaceOfThePooler() {
    Labels labels = Labels.of("a", "b");
    String warning = warnings(() -> SequenceClassifier.fromPretrained(ENCODER, labels));
    assertTrue(
        warning.contains(
            "train before use: classifier.dense.weight, classifier.dense.bias,"
                + " classifier.out_proj.weight, classifier.out_proj.bias"),
        warning);
    assertFalse(warning.contains("pooler"), warning);
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(ENCODER, labels)) {
      assertEquals(
          List.of(), model.parameters().stream().filter(p -> p.name().contains("pooler")).toList());
      Path out = temporary.resolve("out");
      model.save(out);
      assertEquals(2, SequenceClassifier.headOutputs(out));
      try (SequenceClassifier again = SequenceClassifier.fromPretrained(out, Labels.of("b", "a"));
          Scope scope = Scope.open()) {
        TokenBatch batch = Goldens.batch(expected("encoder"));
        float[] before = model.forward(batch).toFloats();
        float[] after = again.forward(batch).toFloats();
        for (int i = 0; i < before.length; i++) {
          assertEquals(before[i], after[i ^ 1]);
        }
      }
    }
    String refusal =
        assertThrows(CheckpointException.class, () -> SequenceClassifier.fromPretrained(ENCODER))
            .getMessage();
    assertTrue(refusal.contains("holds an encoder without 'classifier.out_proj.weight'"), refusal);
  }

  /** What pre-training saved goes on with another head, and a new head begins with it. */
  @Test
  void theHeadOfMaskedTokensIsFound() {
    String warning = warnings(() -> MaskedLanguageModel.forTraining(ENCODER));
    assertTrue(
        warning.contains(
            "train before use: lm_head.bias, lm_head.dense.weight, lm_head.dense.bias,"
                + " lm_head.layer_norm.weight, lm_head.layer_norm.bias"),
        warning);
    folder = TestFiles.copy(golden("masked"), temporary.resolve("masked"));
    weights = TestFiles.readWeights(folder.resolve("model.safetensors"));
    String words = "roberta.embeddings.word_embeddings.weight";
    weights.put("lm_head.decoder.weight", weights.get(words)); // as older files have
    weights.put("lm_head.decoder.bias", weights.get("lm_head.bias"));
    rewrite(weights);
    assertEquals("", warnings(() -> MaskedLanguageModel.fromPretrained(folder)));
    weights.remove(words);
    weights.remove("lm_head.bias");
    rewrite(weights);
    assertTrue(
        assertThrows(CheckpointException.class, () -> MaskedLanguageModel.fromPretrained(folder))
            .getMessage()
            .contains("holds no 'roberta.embeddings.word_embeddings.weight'"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max_position_embeddings | 512 | 'embeddings.position_embeddings.weight' is [26, 15], but"
            + " config.json says max_position_embeddings 512",
        "max_position_embeddings | 2 | max_position_embeddings is 2, but the first position is that"
            + " behind pad_token_id 1",
        "type_vocab_size | 2 | 'embeddings.token_type_embeddings.weight' is [1, 15], but"
            + " config.json says type_vocab_size 2",
        "vocab_size | 68 | 'embeddings.word_embeddings.weight' is [67, 15], but config.json says"
            + " vocab_size 68",
        "pad_token_id | 67 | pad_token_id 67 is not among the 67 tokens",
        "is_decoder | true | is_decoder is 'true': only encoders are supported",
        "position_embedding_type | relative_key | only absolute positions are supported"
      })
  void whatDoesNotFitIsRefused(String line) {
    String[] parts = line.split(" \\| ");
    configure(parts[0], parts[1].matches("\\d+") ? (Object) Integer.valueOf(parts[1]) : parts[1]);
    String refusal =
        assertThrows(CheckpointException.class, () -> Encoder.fromPretrained(folder)).getMessage();
    assertTrue(refusal.contains(parts[2]), refusal);
  }

  @Test
  void anotherModelTypeIsRefused() {
    String refusal =
        assertThrows(CheckpointException.class, () -> Roberta.fromPretrained(GOLDEN)).getMessage();
    assertTrue(
        refusal.contains("model_type is 'bert': only roberta, xlm-roberta and camembert are read"),
        refusal);
    refusal =
        assertThrows(CheckpointException.class, () -> Bert.fromPretrained(ENCODER)).getMessage();
    assertTrue(refusal.contains("model_type is 'roberta': only BERT"), refusal);
  }

  // ---- sizes ----

  @Test
  void knowsItsSizeBeforeItIsMade() {
    RobertaConfig config = RobertaConfig.fromPretrained(ENCODER);
    Rng.seed(5);
    try (Encoder model = Encoder.of(config)) {
      assertEquals(config.parameterCount(), model.parameterCount());
    }
    assertEquals(124_645_632, RobertaConfig.robertaBase().parameterCount());
    assertEquals(355_359_744, RobertaConfig.robertaLarge().parameterCount());
    assertEquals(278_043_648, RobertaConfig.xlmRobertaBase().parameterCount());
    assertEquals(110_621_952, RobertaConfig.camembertBase().parameterCount());
    ObjectNode empty = JsonFiles.object();
    RobertaConfig defaults = RobertaConfig.read(ConfigJson.of("test", empty));
    assertEquals(50_265, defaults.vocabSize());
    assertEquals(510, defaults.maxPositionEmbeddings());
    assertEquals(2, defaults.typeVocabSize());
    empty.put("model_type", "camembert");
    assertEquals(30_522, RobertaConfig.read(ConfigJson.of("test", empty)).vocabSize());
  }

  /** As the classifier of transformers: before its first layer and behind it. */
  @Test
  void aClassifierDropsInTrainingOnly() {
    RobertaConfig config =
        RobertaConfig.fromPretrained(golden("classifier")).with(b -> b.withDropout(0.5, 0));
    TokenBatch batch = Goldens.batch(expected("classifier"));
    Rng.seed(3);
    try (SequenceClassifier model = SequenceClassifier.of(config, Labels.of("a", "b"));
        Scope scope = Scope.open()) {
      float[] first = model.forward(batch).toFloats();
      assertFalse(Arrays.equals(first, model.forward(batch).toFloats()));
      model.eval();
      float[] evaluated = model.forward(batch).toFloats();
      assertArrayEquals(evaluated, model.forward(batch).toFloats());
    }
  }
}
