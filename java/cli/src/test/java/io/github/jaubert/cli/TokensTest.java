package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tagged words become a model, which finds entities in texts. */
class TokensTest extends CommandFixture {
  private static final List<String> PRAISE = List.of("good", "fine", "warm");
  private static final List<String> BLAME = List.of("bad", "poor", "cold");

  private Path tagged;
  private Path judged;

  @BeforeEach
  void writeTaggedWords() throws IOException {
    tagged = Files.writeString(folder.resolve("words.train"), conll(300, 1));
    judged = Files.writeString(folder.resolve("words.dev"), conll(40, 2));
  }

  /** A judgement, with "very" before it, is praise or blame; the word is the second column. */
  private static String conll(int count, long seed) {
    Random random = new Random(seed);
    StringBuilder lines = new StringBuilder("-DOCSTART- -X- O\n\n");
    for (int i = 0; i < count; i++) {
      lines.append("DT the O\nNN ").append(random.nextBoolean() ? "film" : "story");
      lines.append(" O\nVB was O\n");
      boolean good = random.nextBoolean();
      String type = good ? "PRAISE" : "BLAME";
      String tag = "B-";
      if (random.nextBoolean()) {
        lines.append("RB very B-").append(type).append('\n');
        tag = "I-";
      }
      lines.append("JJ ").append((good ? PRAISE : BLAME).get(random.nextInt(3)));
      lines.append(' ').append(tag).append(type).append("\n\n");
    }
    return lines.toString();
  }

  private Result tokens(Path train, Path eval, Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("finetune", "--task", "tokens"));
    words.addAll(List.of("--model", model, "--train", train, "--eval", eval, "--out", out));
    words.addAll(Arrays.asList(more));
    return jaubert(words.toArray());
  }

  private Result learn(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("--word-column", 1, "--lr", "4e-3"));
    words.addAll(List.of("--epochs", 12));
    words.addAll(Arrays.asList(more));
    return tokens(tagged, judged, out, words.toArray());
  }

  @Test
  void theWorstErrorsStandOnThePage() throws IOException {
    Path out = folder.resolve("hasty");
    tokens(tagged, judged, out, "--word-column", 1, "--epochs", 1, "--lr", "1e-5").succeeded();
    JsonNode errors = JsonFiles.readObject(out.resolve("report.json")).path("errors");
    assertEquals(20, errors.size(), "hardly anything is right after this");
    for (JsonNode one : errors) {
      assertTrue(one.path("text").asText().matches("the (film|story) was [a-z ]+"));
      assertTrue(one.path("line").asInt() > 2, "behind the first sentence");
      assertEquals(1, one.path("label").size(), one.toString());
      assertTrue(one.path("label").get(0).asText().matches("[a-z ]+ (PRAISE|BLAME)"));
      assertNotEquals(one.path("label"), one.path("answer"));
    }
    assertTrue(Files.readString(out.resolve("report.html")).contains("Worst errors"));
  }

  @Test
  void learnsFromConllAndFindsEntities() throws IOException {
    Path out = folder.resolve("out");
    String said = learn(out).succeeded().out();
    assertTrue(
        said.contains(
            "300 sentences to learn from, 40 to be judged by; one of 5 tags for each word\n"
                + "tags: O, B-BLAME, I-BLAME, B-PRAISE, I-PRAISE; the first word is 'the' and has O"
                + " (--word-column, --tag-column)\n"),
        said);
    assertTrue(said.contains("On 40 evaluation sentences:\n  f1, fine-tuned "), said);
    assertTrue(said.contains("  f1 (BLAME), fine-tuned "), said);
    assertTrue(said.contains("  f1 (PRAISE), fine-tuned "), said);
    assertTrue(
        said.matches(
            "(?s).*  the (film|story) was [a-z ]+\n    [a-z ]+ (PRAISE|BLAME)"
                + " 0\\.\\d{3} \\(it has [a-z ]+ (PRAISE|BLAME)\\)\n.*"),
        said);
    assertTrue(said.endsWith("predict --model " + out + " \"some text\"\n"), said);

    JsonNode run = new JsonMapper().readTree(out.resolve("run.json").toFile());
    assertTrue(run.path("evaluation").path("f1").asDouble() > 0.9, run.toString());
    assertEquals("tokens", run.path("task").asText());
    assertEquals(300, run.path("train_examples").asInt());
    assertEquals(5, run.path("labels").size());
    assertEquals("first", run.path("settings").path("labelled").asText());
    JsonNode config = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals("BertForTokenClassification", config.path("architectures").path(0).asText());
    assertEquals("B-BLAME", config.path("id2label").path("1").asText());

    String text = "the story was very Poor";
    String found = jaubert("predict", "--model", out, text, "the film").succeeded().out();
    assertTrue(found.matches("very Poor BLAME 0\\.\\d{3}\nnone\n"), found);
    JsonNode json =
        new JsonMapper()
            .readTree(jaubert("predict", "--model", out, "--json", text).succeeded().out());
    JsonNode entity = json.path("entities").path(0);
    assertEquals(1, json.path("entities").size());
    assertEquals("BLAME", entity.path("label").asText());
    assertEquals("very Poor", entity.path("text").asText());
    assertEquals(14, entity.path("start").asInt());
    assertEquals(23, entity.path("end").asInt());
    assertTrue(entity.path("score").asDouble() > 0.5, json.toString());
    assertTrue(
        jaubert("predict", "--model", out, "--aggregation", "none", text)
            .succeeded()
            .out()
            .matches("very B-BLAME 0\\.\\d{3}, Poor I-BLAME 0\\.\\d{3}\n"));
  }

  /** Of data in which every judgement is praise it learns blame as well. */
  @Test
  void aTaggerTeachesAnother() throws IOException {
    Path teacher = folder.resolve("teacher");
    learn(teacher).succeeded();
    Files.writeString(
        tagged,
        Files.readString(tagged).replace("-BLAME", "-PRAISE")
            + "JJ bad B-BLAME\nRB very I-BLAME\n");
    Path out = folder.resolve("student");
    learn(out, "--teacher", teacher, "--soft-weight", "1").succeeded();
    JsonNode run = JsonFiles.readObject(out.resolve("run.json"));
    assertEquals(teacher.toString(), run.path("teacher").asText());
    assertTrue(run.path("evaluation").path("f1 (BLAME)").asDouble() > 0.9, run.toString());
    assertTrue(run.path("evaluation").path("divergence").asDouble() < 0.1, run.toString());
  }

  @Test
  void aTaggerIsTrainedFurtherAndItsHeadIsKept() throws IOException {
    Path first = folder.resolve("first");
    learn(first).succeeded();
    Path second = folder.resolve("second");
    List<Object> words = new ArrayList<>(List.of("finetune", "--task", "tokens"));
    words.addAll(List.of("--model", first, "--train", tagged, "--eval", judged));
    words.addAll(List.of("--word-column", 1, "--lr", 0, "--epochs", 1, "--out", second));
    jaubert(words.toArray()).succeeded();
    JsonNode run = new JsonMapper().readTree(second.resolve("run.json").toFile());
    assertTrue(run.path("evaluation").path("f1").asDouble() > 0.9, run.toString());
    // Of other tags the head is a new one.
    Path parts = Files.writeString(folder.resolve("pos.conll"), "the DT\nfilm NN\nwas VB\n");
    words = new ArrayList<>(List.of("finetune", "--task", "tokens", "--model", first));
    words.addAll(List.of("--train", parts, "--epochs", 1, "--out", folder.resolve("parts")));
    String said = jaubert(words.toArray()).succeeded().out();
    assertTrue(said.contains("a new head, for that of " + first + " has 5 outputs"), said);
    assertTrue(said.contains("1 sentence to learn from, none to be judged by; one of 3"), said);
  }

  @Test
  void learnsFromJsonLinesWithNumbers() throws IOException {
    String line = "{\"tokens\": [\"the\", \"good\", \"film\"], \"ner_tags\": [0, 1, 0]}\n";
    Path json = Files.writeString(folder.resolve("a.jsonl"), line.repeat(4));
    Path out = folder.resolve("out");
    assertEquals(
        json
            + ":1: ner_tags are numbers, 0 the first; --tag-names NAME,NAME says what they stand"
            + " for",
        tokens(json, json, out).failure(1));
    assertFalse(Files.exists(out));
    Object[] options = {"--tag-names", "O,B-X", "--labelled", "all", "--train-limit", 3};
    String said = tokens(json, json, out, options).succeeded().out();
    assertTrue(said.contains("3 sentences to learn from, 4 to be judged by; one of 2 tags"), said);
    JsonNode run = new JsonMapper().readTree(out.resolve("run.json").toFile());
    assertEquals("all", run.path("settings").path("labelled").asText());
    Path other = Files.writeString(folder.resolve("b.jsonl"), "{\"text\": \"a\", \"t\": \"b\"}\n");
    assertEquals(
        other
            + ": none of tokens, words is there; choose the key of the words with --word-column"
            + " KEY: text, t",
        tokens(other, json, folder.resolve("other")).failure(1));
  }

  @Test
  void optionsOfOtherTasksAreRefused() {
    Path out = folder.resolve("out");
    for (Object[] option :
        new Object[][] {
          {"--text-column", "a"},
          {"--label-column", "a"},
          {"--metric", "f1"},
          {"--no-header"},
          {"--class-weights", "1,2"},
          {"--skip-label", "O"}
        }) {
      assertEquals(
          option[0] + " is for labels of whole texts, not for --task tokens",
          tokens(tagged, judged, out, option).failure(2));
    }
    assertEquals(
        "--format csv: tagged words are read from conll, jsonl and parquet",
        tokens(tagged, judged, out, "--format", "csv").failure(2));
    for (Object[] option :
        new Object[][] {{"--word-column", "1"}, {"--tag-names", "a,b"}, {"--labelled", "all"}}) {
      assertEquals(option[0] + " is for --task tokens", finetune(out, option).failure(2));
    }
    assertEquals(
        "--format conll is for --task tokens", finetune(out, "--format", "conll").failure(2));
    assertEquals("--task needs --train", jaubert("finetune", "--task", "tokens").failure(2));
    assertFalse(Files.exists(out));
  }

  @Test
  void whatCannotBeLearntIsOneLine() throws IOException {
    Path out = folder.resolve("out");
    Path same = Files.writeString(folder.resolve("same"), "the O\nfilm O\n");
    assertEquals(
        same + ": every tag is O; there is nothing to tell apart",
        tokens(same, same, out).failure(1));
    Path none = folder.resolve("none");
    assertEquals(none + ": no such file", tokens(tagged, none, out).failure(1));
    assertFalse(Files.exists(out));
    Path other = Files.writeString(folder.resolve("other"), "the DT O\nfilm NN B-LOC\n");
    assertEquals(
        other
            + ":1: tag B-LOC of the word 'film' is not one of the 5 known: O, B-BLAME, I-BLAME,"
            + " B-PRAISE, I-PRAISE",
        tokens(tagged, other, out, "--word-column", 0).failure(1));
    Path last = Files.writeString(folder.resolve("bilou"), "the U-X\nfilm O\n");
    assertEquals(
        "--tag-scheme: tag 'U-X' is none of IOBES: its tags begin with one of B, I, O, E, S",
        tokens(last, last, out, "--tag-scheme", "iobes").failure(2));
  }

  @Test
  void predictRefusesOptionsOfOtherModels() {
    Path out = folder.resolve("out");
    tokens(tagged, judged, out, "--word-column", 1, "--epochs", 1).succeeded();
    for (Object[] option : new Object[][] {{"--top", 2}, {"--pair", "b"}}) {
      List<Object> words = new ArrayList<>(List.of("predict", "--model", out, "a"));
      words.addAll(Arrays.asList(option));
      assertEquals(
          option[0] + " is for a model that labels whole texts, which " + out + " is not",
          jaubert(words.toArray()).failure(2));
    }
    assertEquals(
        "--aggregation is for a model that labels tokens, which " + model + " is not",
        jaubert("predict", "--model", model, "--aggregation", "max", "a").failure(2));
  }
}
