package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.distilbert.DistilBertConfig;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models over one encoder: what each is told when another one ended it. */
class SharedEncoderTest {
  private static final String BERT = "Bert(1 layers, hidden 12, heads 3) is of no use any more: ";
  private static final Labels LABELS = Labels.of("a", "b");

  @TempDir Path temporary;

  private static Encoder bert() {
    return Encoder.of(BertConfig.bertBase().withVocabSize(30).withEncoder(12, 1, 3, 20));
  }

  private static TokenBatch batch() {
    return new TokenBatch(new int[] {3, 1, 2}, new int[3], PackedSequences.of(2, 1));
  }

  private static String refusal(Runnable use) {
    try (Scope scope = Scope.open()) {
      return assertThrows(IllegalStateException.class, use::run).getMessage();
    }
  }

  private static float[] logits(EncoderModel<?> model) {
    model.eval();
    try (Scope scope = Scope.open()) {
      return model.forward(batch()).toFloats();
    }
  }

  @Test
  void theOtherIsToldWhichModelFreedIt() {
    long before = Memory.live();
    Encoder encoder = bert();
    try (SequenceClassifier other = SequenceClassifier.of(encoder, LABELS)) {
      TokenInputs inputs = other.encoder().inputs(batch()).unscoped();
      try (SequenceClassifier closed = SequenceClassifier.of(encoder, Labels.score())) {
        assertEquals(2, logits(closed).length);
        assertEquals(4, logits(other).length);
      }
      String expected =
          BERT
              + "it was freed when SequenceClassifier(REGRESSION [score]) was closed, whose it was"
              + " too; close models over one encoder when none of them is needed any more";
      assertEquals(expected, refusal(() -> other.forward(batch())));
      assertEquals(expected, refusal(() -> other.forward(inputs)));
      assertEquals(expected, refusal(() -> other.encoder().hiddenStates(batch())));
      assertEquals(expected, refusal(() -> other.save(temporary.resolve("out"))));
      assertEquals(expected, refusal(() -> encoder.save(temporary.resolve("out"))));
      inputs.close();
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void aHeadForTokensTakesTheLayersOfAnEncoderWithAPooler() {
    long before = Memory.live();
    Encoder encoder = bert();
    try (SequenceClassifier texts = SequenceClassifier.of(encoder, LABELS);
        TokenClassifier tokens = TokenClassifier.of(encoder, LABELS)) {
      assertEquals(6, logits(tokens).length);
      assertEquals(
          BERT
              + "its layers went to an encoder without a pooler, for a head that needs none, and its"
              + " pooler was freed; load the encoder once more for a head that needs one",
          refusal(() -> texts.forward(batch())));
      texts.close();
      assertEquals(
          BERT
              + "it was freed when SequenceClassifier(SINGLE_LABEL [a, b]) was closed, whose it was"
              + " too; close models over one encoder when none of them is needed any more",
          refusal(() -> tokens.forward(batch())));
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void withoutAPoolerBothKindsShareOne() {
    DistilBertConfig config =
        new DistilBertConfig(30, 12, 1, 3, 20, "gelu", 0.1, 0.1, 16, false, 0.02, 0.2, 0.1, 0);
    Encoder encoder = Encoder.of(config);
    try (SequenceClassifier texts = SequenceClassifier.of(encoder, LABELS);
        TokenClassifier tokens = TokenClassifier.of(encoder, LABELS)) {
      float[] before = logits(texts);
      assertEquals(6, logits(tokens).length);
      assertArrayEquals(before, logits(texts));
      encoder.close();
      String expected =
          "DistilBert(1 layers, hidden 12, heads 3) is of no use any more: it was closed";
      assertEquals(expected, refusal(() -> texts.forward(batch())));
      assertEquals(expected, refusal(() -> tokens.forward(batch())));
    }
  }
}
