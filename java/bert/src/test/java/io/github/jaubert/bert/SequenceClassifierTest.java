package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SequenceClassifierTest {
  private static final BertConfig CONFIG =
      BertConfig.bertBase().withVocabSize(50).withEncoder(24, 2, 3, 40);

  private static TokenBatch batch(int... lengths) {
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = new Random(lengths.length).ints(packed.tokens(), 0, 50).toArray();
    return new TokenBatch(ids, new int[ids.length], packed);
  }

  @Test
  void lossesAreThoseOfTheirDefinitions() {
    float[] logits = {0.3f, -1.2f, 2, 0.7f, 0.1f, -0.4f};
    try (SequenceClassifier single = SequenceClassifier.of(CONFIG, Labels.of("a", "b", "c"));
        SequenceClassifier multi = SequenceClassifier.of(CONFIG, Labels.multi("a", "b", "c"));
        SequenceClassifier score = SequenceClassifier.of(CONFIG, Labels.score());
        Scope scope = Scope.open()) {
      Tensor x = Tensor.of(logits, 2, 3);
      double first = Math.log(Math.exp(0.3) + Math.exp(-1.2) + Math.exp(2)) - 2;
      double second = Math.log(Math.exp(0.7) + Math.exp(0.1) + Math.exp(-0.4)) - 0.1;
      assertEquals((first + second) / 2, single.loss(x, Tensor.of(new int[] {2, 1})).item(), 1e-6);
      assertEquals(
          (first + second) / 5, single.loss(x, Tensor.of(new int[] {2, 1}), 5).item(), 1e-6);
      assertEquals(second, single.loss(x, Tensor.of(new int[] {-100, 1})).item(), 1e-6);

      float[] target = {1, 0, 0, 1, 1, 0};
      double sum = 0;
      for (int i = 0; i < 6; i++) {
        sum += Math.log1p(Math.exp(target[i] == 1 ? -logits[i] : logits[i]));
      }
      assertEquals(sum / 6, multi.loss(x, Tensor.of(target, 2, 3)).item(), 1e-6);
      assertEquals(sum / 15, multi.loss(x, Tensor.of(target, 2, 3), 5).item(), 1e-6);

      Tensor predicted = Tensor.of(new float[] {1, 4}, 2, 1);
      assertEquals(2.5, score.loss(predicted, Tensor.of(new float[] {2, 2})).item(), 1e-6);
      assertEquals(1, score.loss(predicted, Tensor.of(new float[] {2, 2}, 2, 1), 5).item(), 1e-6);
    }
  }

  @Test
  void labelsOutsideTheRangeAreRefused() {
    try (SequenceClassifier model = SequenceClassifier.of(CONFIG, Labels.of("a", "b"));
        Scope scope = Scope.open()) {
      Tensor logits = model.forward(batch(3, 4));
      for (int bad : new int[] {2, -1}) {
        String message =
            assertThrows(
                    RuntimeException.class,
                    () -> model.loss(logits, Tensor.of(new int[] {0, bad})).item())
                .getMessage();
        assertTrue(message.contains(Integer.toString(bad)), message);
      }
      assertThrows(
          IllegalArgumentException.class, () -> model.loss(logits, Tensor.of(new int[] {0, 1, 1})));
    }
  }

  @Test
  void theHeadHasItsDropoutInTrainingOnly() {
    var json = CONFIG.withDropout(0, 0).toJson();
    json.put("classifier_dropout", 0.5);
    BertConfig config = BertConfig.read(ConfigJson.of("test", json));
    Rng.seed(5);
    try (SequenceClassifier model = SequenceClassifier.of(config, Labels.of("a", "b"));
        Scope scope = Scope.open()) {
      float[] first = model.forward(batch(5, 3)).toFloats();
      assertFalse(Arrays.equals(first, model.forward(batch(5, 3)).toFloats()));
      model.eval();
      float[] evaluated = model.forward(batch(5, 3)).toFloats();
      assertArrayEquals(evaluated, model.forward(batch(5, 3)).toFloats());
    }
  }

  @Test
  void learnsAndLeavesNoMemoryBehind() {
    long empty = Memory.live();
    Rng.seed(6);
    try (SequenceClassifier model =
            SequenceClassifier.of(CONFIG.withDropout(0.1, 0.1), Labels.of("even", "odd"));
        AdamW optimizer = AdamW.of(model.parameters(), 3e-3f)) {
      float first = 0;
      float last = 0;
      long live = 0;
      for (int step = 0; step < 60; step++) {
        try (Scope scope = Scope.open()) {
          // A sequence is odd if it begins with token 7.
          int[] ids = {7, 1, 2, 8, 1, 2, 3, 7, 4, 8, 8};
          TokenBatch batch = new TokenBatch(ids, new int[11], PackedSequences.of(3, 4, 2, 2));
          Tensor loss = model.loss(model.forward(batch), Tensor.of(new int[] {1, 0, 1, 0}));
          loss.backward();
          optimizer.step();
          first = step == 0 ? loss.item() : first;
          last = loss.item();
        }
        if (step == 5) {
          live = Memory.live();
        }
      }
      assertEquals(live, Memory.live(), "bytes after 60 steps and after 6");
      assertTrue(last < 0.2 * first, "loss went from " + first + " to " + last);
    }
    assertEquals(empty, Memory.live(), "bytes after closing");
  }
}
