package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.models.albert.AlbertConfig;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.roberta.RobertaConfig;
import io.github.jaubert.bert.tokenizer.SmallVocabulary;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More tokens for a model: old rows keep their bits, new ones are near the mean. */
class TokenAdditionTest {
  private static final BertConfig BERT =
      BertConfig.bertBase().withVocabSize(37).withEncoder(24, 2, 3, 40);
  private static final String WORDS = BERT.architecture().wordEmbeddings();

  @TempDir Path temporary;

  private static Map<String, float[]> values(EncoderModel<?> model) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Parameter parameter : model.parameters()) {
      values.put(parameter.name(), parameter.tensor().toFloats());
    }
    return values;
  }

  /** Rows of a width: the old ones as they were, and new ones by a hair off their mean. */
  private static void assertGrown(float[] old, float[] grown, int width, int added) {
    int rows = old.length / width;
    assertEquals((rows + added) * width, grown.length);
    assertArrayEquals(old, Arrays.copyOf(grown, old.length));
    for (int column = 0; column < width; column++) {
      double mean = 0;
      double square = 0;
      for (int row = 0; row < rows; row++) {
        mean += old[row * width + column] / (double) rows;
        square += Math.pow(old[row * width + column], 2) / rows;
      }
      double deviation = Math.sqrt(Math.max(0, square - mean * mean));
      for (int row = rows; row < rows + added; row++) {
        // Ten deviations of sqrt(1e-9) of that of the column, and rounding.
        assertEquals(mean, grown[row * width + column], 10 * 3.2e-5 * deviation + 1e-7);
      }
    }
  }

  @Test
  void rowsAreDrawnWithTheCovarianceOfTheOldOnes() {
    int old = 50;
    float[] table = new float[old * 2];
    Random random = new Random(Seeds.SEED);
    for (int row = 0; row < old; row++) {
      double common = random.nextGaussian();
      table[2 * row] = (float) (1000 * common);
      table[2 * row + 1] = (float) (-500 * common + 100 * random.nextGaussian());
    }
    int added = 20_000;
    float[] grown = AddedRows.resized(table, 2, old + added);
    double[] wanted = covariance(table, 0, old);
    double[] drawn = covariance(grown, old, added);
    for (int i = 0; i < 3; i++) { // a deviation of a covariance is below 1.5 % of these
      assertEquals(1e-9 * wanted[i], drawn[i], 0.15e-9 * Math.abs(wanted[0]), "" + i);
    }
  }

  private static double[] covariance(float[] table, int from, int rows) {
    double[] mean = new double[2];
    double[] sums = new double[3];
    for (int row = from; row < from + rows; row++) {
      mean[0] += (double) table[2 * row] / rows;
      mean[1] += (double) table[2 * row + 1] / rows;
    }
    for (int row = from; row < from + rows; row++) {
      double a = table[2 * row] - mean[0];
      double b = table[2 * row + 1] - mean[1];
      sums[0] += a * a / rows;
      sums[1] += a * b / rows;
      sums[2] += b * b / rows;
    }
    return sums;
  }

  @Test
  void encodersOfAllKindsGrowAndShrink() {
    List<EncoderConfig> configs =
        List.of(
            BERT,
            RobertaConfig.robertaBase().with(b -> b.withVocabSize(37).withEncoder(24, 2, 3, 40)),
            AlbertConfig.albertBase().with(b -> b.withVocabSize(37).withEncoder(24, 2, 3, 40)));
    for (EncoderConfig config : configs) {
      Encoder encoder = Encoder.of(config);
      String words = config.architecture().wordEmbeddings();
      float[] before = encoder.parameter(words).tensor().toFloats();
      TokenBatch batch = new TokenBatch(new int[] {2, 9, 3}, new int[3], lengths(3));
      encoder.eval();
      float[] hidden;
      try (Scope scope = Scope.open()) {
        hidden = encoder.forward(batch).lastHidden().toFloats();
      }
      Encoder more = encoder.resizeTokenEmbeddings(41);
      assertThrows(IllegalStateException.class, () -> encoder.resizeTokenEmbeddings(50));
      assertEquals(41, more.config().vocabSize());
      assertFalse(more.training());
      float[] grown = more.parameter(words).tensor().toFloats();
      assertGrown(before, grown, config.embeddingSize(), 4);
      try (Scope scope = Scope.open()) {
        assertArrayEquals(hidden, more.forward(batch).lastHidden().toFloats());
      }
      try (Encoder less = more.resizeTokenEmbeddings(11)) {
        assertArrayEquals(
            Arrays.copyOf(before, 11 * config.embeddingSize()),
            less.parameter(words).tensor().toFloats());
        assertThrows(IllegalArgumentException.class, () -> less.resizeTokenEmbeddings(0));
      }
    }
  }

  private static PackedSequences lengths(int... lengths) {
    return PackedSequences.of(lengths);
  }

  @Test
  void theDecoderOfMaskedTokensGrowsAlong() {
    long live = Memory.live();
    MaskedLanguageModel model = MaskedLanguageModel.of(BERT);
    try (Scope scope = Scope.open()) {
      Random random = new Random(Seeds.SEED);
      float[] bias = new float[37];
      for (int i = 0; i < 37; i++) {
        bias[i] = random.nextFloat();
      }
      model.parameter("cls.predictions.bias").tensor().copyFrom(bias);
    }
    Map<String, float[]> before = values(model);
    try (MaskedLanguageModel more = model.resizeTokenEmbeddings(40)) {
      Map<String, float[]> after = values(more);
      assertEquals(before.keySet(), after.keySet());
      before.forEach(
          (name, old) -> {
            if (name.endsWith(WORDS)) {
              assertGrown(old, after.get(name), 24, 3);
            } else if (name.equals("cls.predictions.bias")) {
              assertGrown(old, after.get(name), 1, 3);
            } else {
              assertArrayEquals(old, after.get(name), name);
            }
          });
    }
    assertEquals(live, Memory.live());
  }

  @Test
  void aFolderGetsTokens() throws Exception {
    Path folder = temporary.resolve("model");
    Path more = temporary.resolve("more");
    SmallVocabulary.write(temporary.resolve("vocabulary"));
    Map<String, float[]> before;
    try (MaskedLanguageModel model = MaskedLanguageModel.of(BERT);
        Tokenizer tokenizer = Tokenizer.fromPretrained(temporary.resolve("vocabulary"))) {
      model.save(folder, tokenizer);
      before = values(model);
    }
    Files.createDirectories(folder.resolve("1_Pooling"));
    Files.writeString(folder.resolve("1_Pooling/config.json"), "{}");
    TokenAddition addition =
        TokenAddition.write(folder, List.of("brownfox", "lazy", "HER2+", "brownfox"), more);
    assertEquals(new TokenAddition(2, 39), addition); // lazy is there
    assertTrue(Files.exists(more.resolve("1_Pooling/config.json")));
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(more);
        Tokenizer tokenizer = Tokenizer.fromPretrained(more);
        Tokenizer same = Tokenizer.fromPretrained(folder);
        Tokenizer grown = same.withAddedTokens(List.of("brownfox", "HER2+"))) {
      assertEquals(39, model.config().vocabSize());
      Map<String, float[]> after = values(model);
      before.forEach(
          (name, old) -> {
            if (name.endsWith(WORDS) || name.equals("cls.predictions.bias")) {
              assertGrown(old, after.get(name), old.length / 37, 2);
            } else {
              assertArrayEquals(old, after.get(name), name);
            }
          });
      // the is 5, over 12, lazy 13; those of transformers with add_tokens.
      for (Tokenizer one : List.of(tokenizer, grown)) {
        assertArrayEquals(
            new int[] {2, 5, 37, 12, 38, 13, 3}, one.encode("the BROWNFOX over her2+lazy").ids());
        assertEquals("brownfox", one.token(37));
      }
      assertThrows(IllegalArgumentException.class, () -> same.withAddedTokens(List.of("a", " ")));
    }
    // Rows to spare are used as they are.
    Path wide = temporary.resolve("wide");
    try (Encoder encoder = Encoder.fromPretrained(folder).resizeTokenEmbeddings(64);
        Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      encoder.save(wide);
      tokenizer.save(wide);
    }
    assertEquals(
        new TokenAddition(1, 64),
        TokenAddition.write(wide, List.of("zz"), temporary.resolve("wider")));
  }
}
