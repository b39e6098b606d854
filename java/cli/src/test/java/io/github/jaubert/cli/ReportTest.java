package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.bert.checkpoint.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The pages of runs, and the list of them. */
class ReportTest extends CommandFixture {
  private static final Set<String> ELEMENTS =
      Set.of(
          "!DOCTYPE",
          "html",
          "head",
          "meta",
          "title",
          "style",
          "body",
          "main",
          "h1",
          "h2",
          "p",
          "div",
          "span",
          "b",
          "i",
          "figure",
          "figcaption",
          "svg",
          "line",
          "text",
          "path",
          "circle",
          "rect",
          "table",
          "tr",
          "th",
          "td",
          "dl",
          "dt",
          "dd",
          "pre");

  private static final Set<String> ATTRIBUTES =
      Set.of(
          "html",
          "lang",
          "charset",
          "http-equiv",
          "content",
          "name",
          "class",
          "title",
          "style",
          "viewBox",
          "role",
          "aria-label",
          "x",
          "y",
          "x1",
          "x2",
          "y1",
          "y2",
          "cx",
          "cy",
          "r",
          "d",
          "width",
          "height",
          "text-anchor");

  private static final Pattern TAG = Pattern.compile("<(/?)(!?\\w+)((?:[^<>\"]|\"[^\"]*\")*)>");

  /** Elements are closed in the order of their opening, and none is what data may have brought. */
  private static void assertIsSafe(String page) {
    List<String> open = new ArrayList<>();
    for (MatchResult tag : TAG.matcher(page).results().toList()) {
      String name = tag.group(2);
      assertTrue(ELEMENTS.contains(name), tag::group);
      for (MatchResult one :
          Pattern.compile("([\\w-]+)(=\"[^\"]*\")?").matcher(tag.group(3)).results().toList()) {
        assertTrue(ATTRIBUTES.contains(one.group(1)), tag::group);
      }
      if (!tag.group(1).isEmpty()) {
        assertEquals(open.remove(open.size() - 1), name);
      } else if (!name.equals("meta") && !name.equals("!DOCTYPE")) {
        open.add(name);
      }
    }
    assertEquals(List.of(), open);
    String rest = TAG.matcher(page.replaceAll("(?s)<style>.*</style>", "")).replaceAll("");
    assertFalse(rest.contains("<") || rest.contains(">"), rest);
    assertTrue(page.contains("default-src &#39;none&#39;"), "no policy");
    assertFalse(page.contains("://"), "something is loaded");
  }

  private static String page(Path run) throws IOException {
    String page = Files.readString(run.resolve("report.html"));
    assertIsSafe(page);
    return page;
  }

  @Test
  void aRunHasAPageOnWhichNoTextIsMarkup() throws IOException {
    String script = "<script>document.title='taken'</script>";
    String label = "\"><img src=x onerror='alert(1)'>";
    StringBuilder rows = new StringBuilder("sentence\tlabel\n");
    for (int i = 0; i < 60; i++) { // labels that nothing tells
      rows.append(script).append(WORDS[i % 12]).append(" &lt;b&gt; \u0007 é 🎬\t");
      rows.append(i % 5 == 0 || i % 7 == 0 ? label : "</td>").append('\n');
    }
    Path hostile = Files.writeString(folder.resolve("<b>hostile.tsv"), rows);
    Path out = folder.resolve("runs").resolve("<i>a&b");
    jaubert(
            "finetune",
            "--model",
            model,
            "--train",
            hostile,
            "--eval",
            hostile,
            "--out",
            out,
            "--epochs",
            2)
        .succeeded();
    String page = page(out);
    assertTrue(page.contains("&lt;script&gt;document.title=&#39;taken&#39;&lt;/script&gt;"), page);
    assertTrue(page.contains("&amp;lt;b&amp;gt; \ufffd é 🎬"), page);
    for (String title :
        List.of(
            "Curves",
            "Loss",
            "Learning rate",
            "Gradient norm, before clipping",
            "By class",
            "Confusion matrix: a row for each label, a column for each answer",
            "Calibration",
            "Worst errors",
            "Training examples whose loss stays high",
            "Settings",
            "Environment",
            "The command that repeats it")) {
      assertTrue(page.contains(">" + title + "<"), title);
    }
    assertTrue(page.contains("weight_decay") && page.contains("--epochs 2"), page);
    JsonNode found = new JsonMapper().readTree(out.resolve("report.json").toFile());
    JsonNode error = found.path("errors").get(0);
    assertTrue(error.path("text").asText().startsWith(script), error.toString());
    assertFalse(error.path("label").equals(error.path("answer")), error.toString());
    assertEquals(10, found.path("calibration").path("bins").size());
    assertTrue(found.path("high_loss").get(0).path("loss").asDouble() > Math.log(2));

    Files.delete(out.resolve("report.html"));
    jaubert("report", out).succeeded();
    assertEquals(page, page(out));
  }

  @Test
  void scoresHaveTheirFarthestErrors() throws IOException {
    StringBuilder rows = new StringBuilder("sentence\tlabel\n");
    for (int i = 0; i < 30; i++) {
      rows.append("the film ").append(WORDS[i % 12]).append('\t').append(i / 7.0).append('\n');
    }
    Path scores = Files.writeString(folder.resolve("scores.tsv"), rows);
    Path out = folder.resolve("scores");
    jaubert(
            "finetune",
            "--model",
            model,
            "--train",
            scores,
            "--eval",
            scores,
            "--out",
            out,
            "--epochs",
            1,
            "--keep-best")
        .succeeded();
    JsonNode errors = new JsonMapper().readTree(out.resolve("report.json").toFile()).path("errors");
    double before = Double.POSITIVE_INFINITY;
    for (JsonNode one : errors) {
      double off = one.path("error").asDouble();
      double answer = Double.parseDouble(one.path("answer").get(0).asText());
      assertEquals(Math.abs(answer - one.path("label").get(0).asDouble()), off, 1e-4);
      assertTrue(off <= before);
      before = off;
    }
    assertEquals(20, errors.size());
    assertTrue(page(out).contains("pearson"));
  }

  /** A folder as a run leaves it. */
  private Path made(String name, String accuracy, double rate) throws IOException {
    Path run = Files.createDirectories(folder.resolve("made").resolve(name));
    Files.writeString(
        run.resolve("train_log.jsonl"),
        """
        {"loss":0.9,"learning_rate":1e-4,"grad_norm":2.5,"epoch":0.5,"step":10}
        {"loss":"NaN","learning_rate":5e-5,"grad_norm":1.5,"epoch":1,"step":20}
        {"eval_loss":0.5,"eval_accuracy":%s,"eval_runtime":0.1,"epoch":1,"step":20}
        """
            .formatted(accuracy));
    Files.writeString(
        run.resolve("run.json"),
        """
        {"command":["finetune","--train","it's <b>.tsv"],"problem_type":"multi_label_classification",
        "steps":20,"training_seconds":75.5,"settings":{"epochs":1,"learning_rate":%s},
        "evaluation":{"loss":0.5,"accuracy":%s}}
        """
            .formatted(rate, accuracy));
    return run;
  }

  @Test
  void runsAreCompared() throws IOException {
    Path a = made("a", "0.81", 1e-4);
    Path b = made("b", "0.92", 3e-5);
    Path to = folder.resolve("both.html");
    jaubert("report", a, b, "--out", to).succeeded();
    String page = Files.readString(to);
    assertIsSafe(page);
    assertTrue(page.contains("<td class=\"best\">92.0 %</td>"), page);
    assertFalse(page.contains("<td class=\"best\">81.0 %</td>"), page);
    assertTrue(page.contains(">learning_rate</td>") && page.contains(">3e-5</td>"), page);
    assertFalse(page.contains(">epochs</td>"), page); // the same in both
    assertTrue(page.contains("Training loss") && page.contains("Evaluation: accuracy"), page);
    jaubert("report", a).succeeded();
    assertTrue(
        page(a).contains("jaubert finetune --train &#39;it&#39;\\&#39;&#39;s &lt;b&gt;.tsv"));
  }

  @Test
  void runsAreListedWithTheirState() throws IOException {
    Path a = made("a", "0.81", 1e-4);
    made("sweep/b", "0.9", 1e-4);
    Path stopped = made("stopped", "0.7", 1e-4);
    Files.delete(stopped.resolve("run.json"));
    Files.createDirectories(folder.resolve("made/empty"));
    Files.writeString(folder.resolve("made/sweep/b/run.json"), "{"); // being repaired by hand
    Result listed;
    try (FolderLock lock = FolderLock.take(a)) {
      listed = inAnotherThread("runs", folder.resolve("made"));
    }
    assertEquals(0, listed.code());
    assertTrue(listed.err().contains("run.json") && listed.err().contains("JSON"), listed.err());
    Set<String> lines = new TreeSet<>();
    listed.out().lines().forEach(line -> lines.add(line.replaceAll(" {2,}", "|")));
    assertTrue(
        lines.stream()
            .anyMatch(
                line ->
                    line.startsWith(
                        "a|running|multi label classification|20|accuracy 81.0 %|0.0 MB|20")),
        listed.out());
    assertTrue(
        lines.stream()
            .anyMatch(line -> line.startsWith("stopped|interrupted|–|20|accuracy 70.0 %")),
        listed.out());
    assertEquals(3, lines.size(), listed.out());
    JsonNode json =
        new JsonMapper().readTree(jaubert("runs", folder.resolve("made"), "--json").out());
    assertEquals(2, json.size());
    for (JsonNode one : json) {
      boolean finished = one.path("folder").asText().endsWith("a");
      assertEquals(finished ? "finished" : "interrupted", one.path("state").asText());
    }
    assertEquals(
        "no runs in " + folder.resolve("made/empty") + System.lineSeparator(),
        jaubert("runs", folder.resolve("made/empty")).succeeded().out());
  }

  private static Result inAnotherThread(Object... arguments) {
    Result[] result = new Result[1];
    Thread thread = new Thread(() -> result[0] = jaubert(arguments));
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return result[0];
  }

  @Test
  void whatIsNoRunIsNamed() throws IOException {
    assertTrue(jaubert("report", folder.resolve("x")).failure(1).contains("no such folder"));
    assertTrue(jaubert("report", train).failure(1).contains("is not a folder"));
    String message = jaubert("report", model).failure(1);
    assertTrue(message.contains("has neither run.json nor train_log.jsonl"), message);
    assertTrue(jaubert("runs", folder.resolve("x")).failure(2).contains("no such folder"));
    assertTrue(jaubert("runs", train).failure(2).contains("is a file"));
    Path a = made("a", "0.81", 1e-4);
    assertTrue(jaubert("report", a, "--out", folder).failure(2).contains("name a file in it"));
  }
}
