package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.data.AlignedDataset.Labelled;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.TaggedDataset;
import io.github.jaubert.train.data.TaggedSentence;
import io.github.jaubert.train.metrics.EntityF1;
import io.github.jaubert.train.metrics.TagScheme;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A tagger learns a rule from the context of words, and is judged by what it finds. */
class TokenTaggingTest extends TrainerFixture {
  private static final Labels LABELS = Labels.of("O", "B-PER", "I-PER");

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

  private static TokenClassifier tagger(int vocabulary, double dropout) {
    Rng.seed(7);
    return TokenClassifier.of(
        BertConfig.bertBase()
            .withVocabSize(vocabulary)
            .withEncoder(32, 2, 2, 64)
            .withDropout(dropout, dropout),
        LABELS);
  }

  private TokenTagging task(TokenClassifier model) {
    return TokenTagging.of(model, tokenizer).train(sentences(96, 1)).evaluate(sentences(60, 2));
  }

  private static TokenTagging prepared(TokenTagging task) {
    task.prepare(new TrainingListener() {});
    return task;
  }

  private static Map<String, Double> measured(TokenTagging task) {
    return new Evaluator(task, task.evaluation()).run().orElseThrow();
  }

  @Test
  void learnsARule() {
    try (TokenClassifier model = tagger(25, 0)) {
      TokenTagging task = task(model).train(sentences(400, 1));
      double before = measured(prepared(task)).get("f1");
      TrainingResult result =
          trainer(task).with(s -> s.learningRate(3e-3f).epochs(10).keepBest(true)).run();
      assertTrue(before < 0.5, "" + before);
      assertTrue(result.metrics().get("f1") > 0.9, "" + result.metrics());
      assertEquals("first", result.settings().get("labelled"));
      assertEquals(128, result.settings().get("max_length"));
    }
  }

  /** What the trainer measures is what anyone finds who asks the model sentence by sentence. */
  @Test
  void theFiguresAreThoseOfTheModelsAnswers() {
    try (TokenClassifier model = tagger(25, 0)) {
      TokenTagging task = task(model);
      trainer(task).with(s -> s.learningRate(3e-3f).epochs(12)).run();
      EntityF1 expected = new EntityF1();
      for (TaggedSentence sentence : sentences(60, 2).sentences()) {
        List<String> predicted = new ArrayList<>();
        try (NoGrad off = NoGrad.open();
            Scope scope = Scope.open()) {
          Encoding encoding = tokenizer.encode(String.join(" ", sentence.words()));
          float[] logits = model.forward(TokenBatch.of(List.of(encoding))).toFloats();
          // Every word is one token, the first behind [CLS].
          for (int word = 0; word < sentence.words().size(); word++) {
            int at = 3 * (word + 1);
            int best = logits[at] >= logits[at + 1] ? 0 : 1;
            predicted.add(LABELS.name(logits[at + 2] > logits[at + best] ? 2 : best));
          }
        }
        expected.update(predicted, sentence.tags());
      }
      Map<String, Double> found = measured(task);
      assertTrue(found.remove("loss") > 0);
      assertEquals(expected.result(), found);
      assertTrue(found.get("f1") > 0.1 && found.get("f1") < 1, "" + found);
    }
  }

  @Test
  void aRunThatWasKilledGoesOnToTheSameBits() {
    Map<String, float[]> weights;
    List<LogEntry> history;
    try (TokenClassifier model = tagger(25, 0.1)) {
      history = trainer(task(model)).checkpoints(folder.resolve("whole"), 7).run().history();
      weights = weights(model);
    }
    Path parts = folder.resolve("parts");
    for (int last : new int[] {9, 12, 23}) {
      try (TokenClassifier model = tagger(25, 0.1)) {
        Trainer killed = trainer(task(model)).checkpoints(parts, 7).listener(killAfter(last));
        assertThrows(Killed.class, killed::run);
      }
    }
    try (TokenClassifier model = tagger(25, 0.1)) {
      assertEquals(history, trainer(task(model)).checkpoints(parts, 7).run().history());
      assertSameBits(weights, weights(model));
    }
    try (TokenClassifier model = tagger(25, 0.1)) {
      Trainer other = trainer(task(model).labelled(Labelled.ALL)).checkpoints(parts);
      String message = assertThrows(RuntimeException.class, other::run).getMessage();
      assertTrue(message.contains("labelled was first and is all"), message);
    }
  }

  private static Map<String, float[]> weights(TokenClassifier model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    for (Parameter parameter : model.parameters()) {
      weights.put(parameter.name(), parameter.tensor().toFloats());
    }
    return weights;
  }

  /** By the formula, in double precision, of the logits; parts of a batch add up to it. */
  @Test
  void theLossIsTheSmoothedMeanOverTheTokensThatCount() {
    float smoothing = 0.15f;
    try (TokenClassifier model = tagger(25, 0)) {
      model.eval();
      TokenTagging task = prepared(task(model).labelSmoothing(smoothing));
      Batch batch = task.examples().batch(new int[] {3, 1, 41, 5, 9});
      try (Scope scope = Scope.open()) {
        Inputs inputs = task.inputs(batch);
        float[] logits = model.forward(inputs.text()).toFloats();
        int[] labels = batch.ints("labels");
        double sum = 0;
        int count = 0;
        for (int i = 0; i < labels.length; i++) {
          if (labels[i] < 0) {
            continue;
          }
          double all = 0;
          double mean = 0;
          for (int label = 0; label < 3; label++) {
            all += Math.exp(logits[3 * i + label]);
            mean += logits[3 * i + label] / 3.0;
          }
          sum += Math.log(all) - (1 - smoothing) * logits[3 * i + labels[i]] - smoothing * mean;
          count++;
        }
        assertEquals(labels.length - 2 * 5, count);
        assertEquals(count, task.count(batch));
        assertEquals(sum / count, task.loss(inputs, count).item(), 1e-5);
        double parts = 0;
        for (int[] rows : new int[][] {{3, 1}, {41, 5, 9}}) {
          Batch part = task.examples().batch(rows);
          parts += task.loss(task.inputs(part), count).item();
        }
        assertEquals(sum / count, parts, 1e-5);
      }
    }
  }

  @Test
  void paddingCountsNothing() {
    try (TokenClassifier model = tagger(25, 0)) {
      model.eval();
      TokenTagging task = prepared(task(model));
      Batch batch = task.examples().batch(new int[] {0, 17, 2, 8, 40, 33, 5});
      Batch padded = batch.padded(tokens -> tokens + 61);
      assertEquals(batch.tokens() + 61, padded.tokens());
      assertEquals(task.count(batch), task.count(padded));
      try (Scope scope = Scope.open()) {
        float count = task.count(batch);
        float loss = task.loss(task.inputs(batch), count).item();
        assertEquals(loss, task.loss(task.inputs(padded), count).item(), 1e-5);
      }
    }
  }

  @Test
  void allTokensOfAWordAreLabelledIfAsked() {
    try (TokenClassifier model = tagger(25, 0)) {
      TaggedDataset hyphen =
          TaggedDataset.of(
              "list",
              List.of(TaggedSentence.of(List.of("warm-cold", "film"), List.of("B-PER", "O"))));
      TokenTagging task = TokenTagging.of(model, tokenizer).train(hyphen);
      Batch batch = prepared(task).examples().batch(new int[] {0});
      assertArrayEquals(new int[] {-100, 1, -100, -100, 0, -100}, batch.ints("labels"));
      assertEquals(2, task.count(batch));
      batch = prepared(task.labelled(Labelled.ALL)).examples().batch(new int[] {0});
      assertArrayEquals(new int[] {-100, 1, 2, 2, 0, -100}, batch.ints("labels"));
      assertEquals(4, task.count(batch));
    }
  }

  /** The model that is saved cuts texts where it did in training. */
  @Test
  void theLengthIsSavedWithTheModel() {
    try (TokenClassifier model = tagger(25, 0)) {
      prepared(task(model).maxLength(9)).examples();
      Path saved = folder.resolve("saved");
      model.save(saved);
      try (Tokenizer again = Tokenizer.fromPretrained(saved)) {
        assertEquals(9, again.maxLength());
      }
    }
  }

  @Test
  void whatCannotBeLearntIsRefusedBeforeTheFirstStep() {
    try (TokenClassifier model = tagger(25, 0)) {
      TokenTagging task = task(model);
      TaggedDataset place =
          TaggedDataset.of(
              "places",
              List.of(new TaggedSentence(List.of("a", "film"), List.of("O", "B-LOC"), 17)));
      assertEquals(
          "places:17: tag B-LOC of the word 'film' is not one of the 3 known: O, B-PER, I-PER",
          refusal(task(model).evaluate(place)));
      TaggedDataset dropped =
          TaggedDataset.of("dropped", List.of(TaggedSentence.of(List.of("\u0007"), List.of("O"))));
      assertEquals(
          "dropped: has no word that the tokenizer makes a token of",
          refusal(task(model).train(dropped)));
      assertEquals(
          "tag 'L-PER' is none of IOBES: its tags begin with one of B, I, O, E, S",
          assertThrows(IllegalArgumentException.class, () -> bilou(tokenizer, TagScheme.IOBES))
              .getMessage());
      assertEquals(
          "maxLength 2: a whole number from 3",
          assertThrows(IllegalArgumentException.class, () -> task.maxLength(2)).getMessage());
      assertEquals(
          "labelSmoothing NaN: a number from 0 to 1",
          assertThrows(IllegalArgumentException.class, () -> task.labelSmoothing(Float.NaN))
              .getMessage());
    }
    try (TokenClassifier model = tagger(24, 0)) {
      TaggedDataset actor =
          TaggedDataset.of(
              "actors", List.of(new TaggedSentence(List.of("an", "actor"), List.of("O", "O"), 4)));
      assertEquals(
          "actors:4: holds 'actor', token 24 of the tokenizer; the model has embeddings for 24"
              + " tokens alone",
          refusal(TokenTagging.of(model, tokenizer).train(actor)));
    }
  }

  private static void bilou(Tokenizer tokenizer, TagScheme scheme) {
    BertConfig config = BertConfig.bertBase().withVocabSize(25).withEncoder(8, 1, 2, 12);
    Labels labels = Labels.of("O", "B-PER", "I-PER", "L-PER", "U-PER");
    try (TokenClassifier model = TokenClassifier.of(config, labels)) {
      TokenTagging.of(model, tokenizer).evaluate(sentences(3, 1), scheme);
    }
  }

  private static String refusal(TokenTagging task) {
    return assertThrows(DataException.class, () -> prepared(task)).getMessage();
  }
}
