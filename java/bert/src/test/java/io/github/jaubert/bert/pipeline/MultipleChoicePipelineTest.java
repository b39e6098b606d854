package io.github.jaubert.bert.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MultipleChoicePipelineTest {
  @TempDir Path temporary;

  @Test
  void probabilitiesAreTheSoftmaxOfEachPromptsOwnChoices() throws IOException {
    String words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\npizza\nis\neaten\nfork\nhand\nraw\n";
    Files.writeString(temporary.resolve("vocab.txt"), words);
    Rng.seed(4);
    BertConfig config = BertConfig.bertBase().withVocabSize(11).withEncoder(16, 2, 2, 24);
    try (MultipleChoiceModel model = MultipleChoiceModel.of(config);
        Tokenizer tokenizer = Tokenizer.fromPretrained(temporary)) {
      model.save(temporary, tokenizer);
    }
    List<String> three = List.of("fork", "hand hand", "raw");
    List<String> two = List.of("hand", "fork is raw");
    try (MultipleChoicePipeline pipeline = Pipelines.multipleChoice(temporary);
        MultipleChoiceModel model = MultipleChoiceModel.fromPretrained(temporary);
        Tokenizer tokenizer = Tokenizer.fromPretrained(temporary);
        Scope scope = Scope.open()) {
      List<ChoiceScore> alone = pipeline.of("pizza is eaten", three);
      double sum = 0;
      double[] exponentials = new double[3];
      for (int i = 0; i < 3; i++) {
        TokenBatch one = TokenBatch.of(tokenizer.encode("pizza is eaten", three.get(i)));
        exponentials[i] = Math.exp(model.forward(one).item());
        sum += exponentials[i];
      }
      for (ChoiceScore score : alone) {
        assertEquals(exponentials[score.index()] / sum, score.score(), 1e-5);
        assertEquals(three.get(score.index()), score.choice());
      }
      assertTrue(alone.get(0).score() > alone.get(1).score());
      assertTrue(alone.get(1).score() > alone.get(2).score());

      // Many at once, over several batches, and with other numbers of choices between.
      List<String> prompts = new ArrayList<>();
      List<List<String>> choices = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        prompts.add("pizza is eaten");
        choices.add(i % 2 == 0 ? three : two);
      }
      List<List<ChoiceScore>> all = pipeline.ofAll(prompts, choices);
      for (int i = 0; i < all.size(); i++) {
        List<ChoiceScore> own = all.get(i);
        assertEquals(i % 2 == 0 ? 3 : 2, own.size());
        assertEquals(1, own.stream().mapToDouble(ChoiceScore::score).sum(), 1e-5);
        if (i % 2 == 0) {
          assertEquals(alone.get(0).index(), own.get(0).index());
          assertEquals(alone.get(0).score(), own.get(0).score(), 1e-5);
        }
      }
      assertThrows(
          IllegalArgumentException.class, () -> pipeline.of("pizza", Collections.emptyList()));
      assertThrows(
          IllegalArgumentException.class, () -> pipeline.ofAll(List.of("a", "b"), List.of(two)));
    }
  }
}
