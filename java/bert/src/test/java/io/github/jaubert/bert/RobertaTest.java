package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.roberta.Roberta;
import io.github.jaubert.bert.models.roberta.RobertaConfig;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small RoBERTas, XLM-RoBERTas and CamemBERTs against PyTorch's autograd in double precision. The
 * figures are made by src/test/python/golden_small_roberta.py.
 */
class RobertaTest extends EncoderGoldens {
  @Override
  String name() {
    return "roberta";
  }

  // ---- figures ----

  /** Tokenizers of pairs may give them, as BERT's do. */
  @Test
  void typesOfTokensDoNotCount() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    Random random = new Random(Seeds.SEED);
    int[] types = random.ints(batch.tokens(), 0, 2).toArray();
    TokenBatch typed = new TokenBatch(batch.inputIds(), types, batch.lengths());
    Path questions = TestFiles.golden("question-answering").resolve("roberta");
    for (Path folder : List.of(golden(), questions)) { // of one type and of two
      try (Encoder model = Encoder.fromPretrained(folder);
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

  @Test
  void aHeadForWholeTextsTakesThePlaceOfThePooler() {
    Labels labels = Labels.of("a", "b");
    String warning = warnings(() -> SequenceClassifier.fromPretrained(golden(), labels));
    assertTrue(
        warning.contains(
            "train before use: classifier.dense.weight, classifier.dense.bias,"
                + " classifier.out_proj.weight, classifier.out_proj.bias"),
        warning);
    assertFalse(warning.contains("pooler"), warning);
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(golden(), labels)) {
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
        assertThrows(CheckpointException.class, () -> SequenceClassifier.fromPretrained(golden()))
            .getMessage();
    assertTrue(refusal.contains("holds an encoder without 'classifier.out_proj.weight'"), refusal);
  }

  /** What pre-training saved goes on with another head, and a new head begins with it. */
  @Test
  void theHeadOfMaskedTokensIsFound() {
    String warning = warnings(() -> MaskedLanguageModel.forTraining(golden()));
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
    assertRefused(line);
  }

  @Test
  void anotherModelTypeIsRefused() {
    String refusal =
        assertThrows(CheckpointException.class, () -> Roberta.fromPretrained(GOLDEN)).getMessage();
    assertTrue(
        refusal.contains("model_type is 'bert': only roberta, xlm-roberta and camembert are read"),
        refusal);
    refusal =
        assertThrows(CheckpointException.class, () -> Bert.fromPretrained(golden())).getMessage();
    assertTrue(refusal.contains("model_type is 'roberta': only BERT"), refusal);
  }

  // ---- sizes ----

  @Test
  void knowsItsSizeBeforeItIsMade() {
    RobertaConfig config = RobertaConfig.fromPretrained(golden());
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
