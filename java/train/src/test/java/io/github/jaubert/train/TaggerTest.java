package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.AlignedDataset;
import io.github.jaubert.train.data.TaggedDataset;
import io.github.jaubert.train.data.TaggedSentence;
import io.github.jaubert.train.metrics.EntityF1;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Words, tokens, targets, head and metric together: a tagger learns a rule from its context. */
class TaggerTest {
  private static final Labels LABELS = Labels.of("O", "B-PER", "I-PER");

  @TempDir Path temporary;

  /** The two words behind "actor" are a name; anywhere else the same words are none. */
  private static TaggedDataset sentences(int count, long seed) {
    Random random = new Random(seed);
    List<String> vocabulary = new ArrayList<>(SmallModel.GOOD);
    vocabulary.addAll(SmallModel.BAD);
    List<TaggedSentence> sentences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> words = new ArrayList<>();
      List<String> tags = new ArrayList<>();
      for (int more = 1 + random.nextInt(6); more > 0; more--) {
        boolean name = random.nextInt(3) == 0;
        List<String> added = name ? List.of("actor", "", "") : List.of("");
        for (String word : added) {
          words.add(word.isEmpty() ? vocabulary.get(random.nextInt(vocabulary.size())) : word);
        }
        tags.addAll(name ? List.of("O", "B-PER", "I-PER") : List.of("O"));
      }
      sentences.add(TaggedSentence.of(words, tags));
    }
    return TaggedDataset.of("sentences", sentences);
  }

  private static double f1(TokenClassifier model, AlignedDataset data) {
    EntityF1 metric = new EntityF1();
    for (int row = 0; row < data.size(); row++) {
      try (NoGrad off = NoGrad.open();
          Scope scope = Scope.open()) {
        float[] logits = model.forward(data.encoded().batch(new int[] {row})).toFloats();
        int width = LABELS.size();
        int[] classes =
            IntStream.range(0, logits.length / width)
                .map(
                    token ->
                        IntStream.range(0, width)
                            .reduce(
                                0,
                                (a, b) ->
                                    logits[token * width + b] > logits[token * width + a] ? b : a))
                .toArray();
        metric.update(data.predicted(row, classes), data.actual(row));
      }
    }
    return metric.overall().f1();
  }

  @Test
  void aTaggerLearnsARule() {
    Rng.seed(7);
    BertConfig config =
        BertConfig.bertBase().withVocabSize(25).withEncoder(32, 2, 2, 64).withDropout(0, 0);
    try (Tokenizer tokenizer = SmallModel.tokenizer(temporary.resolve("tokenizer"));
        TokenClassifier model = TokenClassifier.of(config, LABELS);
        AdamW optimizer = AdamW.of(model.parameters(), 3e-3f)) {
      AlignedDataset train = align(sentences(400, 1), tokenizer);
      AlignedDataset unseen = align(sentences(60, 2), tokenizer);
      double before = f1(model, unseen);
      for (int step = 0; step < 300; step++) {
        int first = step * 16 % train.size();
        int[] rows = IntStream.range(first, first + 16).toArray();
        try (Scope scope = Scope.open()) {
          Tensor logits = model.forward(train.encoded().batch(rows));
          Tensor targets = Tensor.of(train.targets(rows));
          model.loss(logits, targets, train.labelled(rows)).backward();
          optimizer.step();
        }
      }
      double after = f1(model, unseen);
      assertTrue(before < 0.5 && after > 0.9, "F1 " + before + ", after training " + after);
    }
  }

  private static AlignedDataset align(TaggedDataset data, Tokenizer tokenizer) {
    return AlignedDataset.of(data, tokenizer, LABELS, AlignedDataset.Labelled.FIRST, done -> {});
  }
}
