package io.github.jaubert.train;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A BERT of two narrow layers, a tokenizer of a few words, and sentences it can learn from in
 * seconds.
 */
final class SmallModel {
  static final List<String> GOOD = List.of("good", "fine", "warm", "bright", "kind");
  static final List<String> BAD = List.of("bad", "poor", "cold", "dull", "mean");
  private static final List<String> OTHER =
      List.of("a", "the", "film", "story", "was", "very", "and", "it", "is", "actor");

  private SmallModel() {}

  static Tokenizer tokenizer(Path folder) {
    List<String> vocabulary =
        new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    vocabulary.addAll(GOOD);
    vocabulary.addAll(BAD);
    vocabulary.addAll(OTHER);
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("vocab.txt"), String.join("\n", vocabulary) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Tokenizer.fromPretrained(folder);
  }

  /** The same weights every time. */
  static SequenceClassifier classifier(Labels labels, double dropout) {
    Rng.seed(5);
    BertConfig config =
        BertConfig.bertBase()
            .withVocabSize(25)
            .withEncoder(32, 2, 2, 64)
            .withDropout(dropout, dropout);
    return SequenceClassifier.of(config, labels);
  }

  /**
   * Sentences of 3 to 12 words; the label is 1 if there are more good words than bad ones in it.
   */
  static TextDataset sentences(int count, long seed) {
    Random random = new Random(seed);
    List<Example> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> kind = random.nextBoolean() ? GOOD : BAD;
      List<String> words = new ArrayList<>();
      words.add(kind.get(random.nextInt(kind.size())));
      for (int more = 2 + random.nextInt(10); more > 0; more--) {
        words.add(random.nextInt(words.size() + 1), OTHER.get(random.nextInt(OTHER.size())));
      }
      rows.add(Example.of(String.join(" ", words), kind == GOOD ? "1" : "0"));
    }
    return TextDataset.of("sentences", rows);
  }

  static Map<String, float[]> weights(SequenceClassifier model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    for (Parameter parameter : model.parameters()) {
      weights.put(parameter.name(), parameter.tensor().toFloats());
    }
    return weights;
  }
}
