package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Labels that a model never saw. */
class ZeroShotTest extends CommandFixture {
  private Path inference() {
    Path out = folder.resolve("nli");
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(model);
        SequenceClassifier old = SequenceClassifier.fromPretrained(model);
        SequenceClassifier nli =
            SequenceClassifier.of(
                old.config(), Labels.of("entailment", "neutral", "contradiction"))) {
      nli.save(out, tokenizer);
    }
    return out;
  }

  @Test
  void choosesFromCandidates() throws IOException {
    Path nli = inference();
    String[] predict = {"predict", "--model", nli.toString(), "the film was good", "a story"};
    String text = jaubert(with(predict, "--candidate-labels", "warm, cold,")).succeeded().out();
    assertTrue(text.matches("((warm|cold) 0\\.\\d{3}, (warm|cold) 0\\.\\d{3}\n){2}"), text);
    String lines =
        jaubert(with(predict, "--candidate-labels", "good,bad,very poor", "--json"))
            .succeeded()
            .out();
    JsonNode first = new JsonMapper().readTree(lines.lines().findFirst().orElseThrow());
    assertEquals("the film was good", first.path("text").asText());
    double sum = 0;
    for (String label : new String[] {"good", "bad", "very poor"}) {
      sum += first.path("scores").path(label).asDouble();
    }
    assertEquals(1, sum, 1e-5);
    String one =
        jaubert(
                with(
                    predict,
                    "--candidate-labels",
                    "good",
                    "--multi-label",
                    "--hypothesis-template",
                    "it was {}",
                    "--top",
                    "1"))
            .succeeded()
            .out();
    assertTrue(one.matches("(good 0\\.\\d{3}\n){2}"), one);
  }

  private static Object[] with(String[] words, Object... more) {
    Object[] all = new Object[words.length + more.length];
    System.arraycopy(words, 0, all, 0, words.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return all;
  }

  @Test
  void whatCannotBeMeantIsRefused() {
    String[] predict = {"predict", "--model", inference().toString(), "good"};
    assertEquals(
        "--multi-label needs --candidate-labels",
        jaubert(with(predict, "--multi-label")).failure(2));
    assertEquals(
        "--candidate-labels: a is there twice",
        jaubert(with(predict, "--candidate-labels", "a,b, a")).failure(2));
    assertEquals(
        "--candidate-labels: no label",
        jaubert(with(predict, "--candidate-labels", " , ")).failure(2));
    assertEquals(
        "--hypothesis-template 'it was': {} must stand once, where the label goes",
        jaubert(with(predict, "--candidate-labels", "a", "--hypothesis-template", "it was"))
            .failure(2));
    assertEquals(
        "--pair is not for --candidate-labels",
        jaubert(with(predict, "--candidate-labels", "a", "--pair", "b")).failure(2));
  }
}
