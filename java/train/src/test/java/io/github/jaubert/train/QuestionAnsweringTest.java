package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Window;
import io.github.jaubert.bert.tokenizer.Windows;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.data.Question;
import io.github.jaubert.train.data.QuestionDataset;
import io.github.jaubert.train.data.WindowedDataset;
import io.github.jaubert.train.metrics.SquadScore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A model learns which word of a context a question asks for, and is judged by what it finds. */
class QuestionAnsweringTest extends TrainerFixture {
  private static final List<String> OTHER =
      List.of("a", "the", "film", "story", "was", "and", "it");

  /**
   * The context has a good and a bad word, perhaps with "very" before it, and the question asks for
   * one of them; or, as often as is said, the context does not have it.
   */
  private static QuestionDataset questions(int count, int words, double impossible, long seed) {
    Random random = new Random(seed);
    List<Question> questions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean none = random.nextDouble() < impossible;
      boolean good = random.nextBoolean();
      List<String> parts = new ArrayList<>();
      for (int more = 2 + random.nextInt(words - 1); more > 0; more--) {
        parts.add(OTHER.get(random.nextInt(OTHER.size())));
      }
      String answer = phrase(good ? SmallModel.GOOD : SmallModel.BAD, random);
      parts.add(
          random.nextInt(parts.size()), phrase(good ? SmallModel.BAD : SmallModel.GOOD, random));
      if (!none) {
        parts.add(random.nextInt(parts.size()), answer);
      }
      String context = String.join(" ", parts);
      List<Question.Answer> answers =
          none
              ? List.of()
              : List.of(
                  new Question.Answer(answer, (" " + context + " ").indexOf(" " + answer + " ")));
      questions.add(new Question("q" + i, good ? "good" : "bad", context, answers, 0));
    }
    return QuestionDataset.of("questions", questions);
  }

  private static String phrase(List<String> words, Random random) {
    String word = words.get(random.nextInt(words.size()));
    return random.nextInt(3) == 0 ? "very " + word : word;
  }

  private static QuestionAnswerer answerer(double dropout) {
    Rng.seed(7);
    return QuestionAnswerer.of(
        BertConfig.bertBase()
            .withVocabSize(25)
            .withEncoder(32, 2, 2, 64)
            .withDropout(dropout, dropout));
  }

  private QuestionAnswering task(QuestionAnswerer model, double impossible) {
    return QuestionAnswering.of(model, tokenizer)
        .train(questions(96, 20, impossible, 1))
        .evaluate(questions(60, 20, impossible, 2))
        .maxLength(18)
        .stride(6);
  }

  private static Map<String, Double> measured(QuestionAnswering task) {
    task.prepare(new TrainingListener() {});
    return new Evaluator(task, task.evaluation()).run().orElseThrow();
  }

  @Test
  void learnsWhatIsAskedForInWindowsAndThatThereIsNone() {
    try (QuestionAnswerer model = answerer(0)) {
      QuestionAnswering task =
          task(model, 0.3).train(questions(400, 20, 0.3, 1)).maxAnswerLength(4);
      double before = measured(task).get("f1");
      TrainingResult result =
          trainer(task).with(s -> s.learningRate(3e-3f).epochs(10).keepBest(true)).run();
      assertTrue(before < 0.6, "" + before);
      assertTrue(result.metrics().get("f1") > 0.8, "" + result.metrics());
      assertTrue(result.metrics().get("no_answer_accuracy") > 0.6, "" + result.metrics());
      assertTrue(result.metrics().get("best_f1") >= result.metrics().get("f1"));
      assertEquals(6, result.settings().get("stride"));
      assertEquals(18, result.settings().get("max_length"));
    }
  }

  /** What the trainer measures is what anyone finds who asks the model question by question. */
  @Test
  void theFiguresAreThoseOfTheModelsAnswers() {
    try (QuestionAnswerer model = answerer(0)) {
      QuestionAnswering task =
          task(model, 0.2).evaluate(questions(60, 10, 0.2, 3)).maxLength(64).nullThreshold(0.3f);
      trainer(task).with(s -> s.learningRate(3e-3f).epochs(6)).run();
      SquadScore expected = new SquadScore(0.3f);
      for (Question question : questions(60, 10, 0.2, 3).questions()) {
        Encoding pair = tokenizer.encode(question.question(), question.context());
        float[] logits;
        try (NoGrad off = NoGrad.open();
            Scope scope = Scope.open()) {
          logits = model.forward(TokenBatch.of(pair)).toFloats();
        }
        int[][] offsets = pair.offsets();
        double best = Double.NEGATIVE_INFINITY;
        String answer = "";
        for (int first = 3; first < pair.length() - 1; first++) { // behind [CLS] question [SEP]
          for (int last = first; last < pair.length() - 1; last++) {
            double sum = logits[2 * first] + logits[2 * last + 1];
            if (sum > best) {
              best = sum;
              answer = question.context().substring(offsets[first][0], offsets[last][1]);
            }
          }
        }
        expected.update(answer, logits[0] + logits[1] - best, question.answerTexts());
      }
      Map<String, Double> found = measured(task);
      assertTrue(found.remove("loss") > 0);
      Map<String, Double> due = expected.result();
      assertEquals(due.keySet(), found.keySet());
      due.forEach((name, value) -> assertEquals(value, found.get(name), 1e-5, name));
      assertTrue(found.get("f1") > 0.1 && found.get("f1") < 1, "" + found);
    }
  }

  @Test
  void aRunThatWasKilledGoesOnToTheSameBits() {
    Map<String, float[]> whole;
    try (QuestionAnswerer model = answerer(0.1)) {
      trainer(task(model, 0.2)).checkpoints(folder.resolve("whole"), 7).run();
      whole = weights(model);
    }
    Path parts = folder.resolve("parts");
    try (QuestionAnswerer model = answerer(0.1)) {
      Trainer killed = trainer(task(model, 0.2)).checkpoints(parts, 7).listener(killAfter(9));
      assertThrows(Killed.class, killed::run);
    }
    try (QuestionAnswerer model = answerer(0.1)) {
      trainer(task(model, 0.2)).checkpoints(parts, 7).run();
      weights(model).forEach((name, values) -> assertArrayEquals(whole.get(name), values, name));
    }
  }

  private static Map<String, float[]> weights(QuestionAnswerer model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    for (Parameter parameter : model.parameters()) {
      weights.put(parameter.name(), parameter.tensor().toFloats());
    }
    return weights;
  }

  @Test
  void targetsAreTheTokensOfTheAnswerInEachWindowThatHasAllOfIt() {
    QuestionDataset data = questions(80, 30, 0.2, Seeds.SEED);
    try (Windows windows = Windows.of(tokenizer, 16, 5)) {
      WindowedDataset cut = WindowedDataset.of(data, windows, tokenizer, done -> {});
      boolean[] seen = new boolean[data.size()];
      for (int row = 0; row < cut.size(); row++) {
        Question question = data.questions().get(cut.question(row));
        int start = cut.starts(new int[] {row})[0];
        int end = cut.ends(new int[] {row})[0];
        Window window = cut.window(row);
        if (start > 0) {
          seen[cut.question(row)] = true;
          String text = question.context().substring(window.start(start), window.end(end));
          assertEquals(question.answerTexts().get(0), text);
        } else {
          assertEquals(0, end);
          for (int i = 0; i < window.length() && !question.isImpossible(); i++) {
            boolean first =
                window.isContext(i) && window.start(i) == question.answers().get(0).start();
            for (int j = i; j < window.length() && first; j++) {
              assertTrue(!window.isContext(j) || window.end(j) != question.answers().get(0).end());
            }
          }
        }
      }
      for (int i = 0; i < seen.length; i++) {
        assertEquals(!data.questions().get(i).isImpossible(), seen[i], data.questions().get(i)::id);
      }
      assertEquals(0, cut.lost());
    }
  }

  @Test
  void whatIsOutOfRangeIsRefused() {
    try (QuestionAnswerer model = answerer(0)) {
      QuestionAnswering task = task(model, 0);
      assertThrows(IllegalArgumentException.class, () -> task.stride(-1));
      assertThrows(IllegalArgumentException.class, () -> task.maxAnswerLength(0));
      assertThrows(IllegalArgumentException.class, () -> task.nullThreshold(Float.NaN));
      assertThrows(IllegalArgumentException.class, () -> measured(task.stride(15)));
    }
  }
}
