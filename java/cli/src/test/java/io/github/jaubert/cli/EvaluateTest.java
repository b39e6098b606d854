package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Models that were fine-tuned are judged again, by the file that they were judged by and others.
 */
class EvaluateTest extends CommandFixture {
  private static final JsonMapper JSON = new JsonMapper();

  private static Result evaluate(Path model, Path data, Object... more) {
    List<Object> words = new ArrayList<>(List.of("evaluate", "--model", model, "--data", data));
    words.addAll(List.of(more));
    return jaubert(words.toArray());
  }

  private static JsonNode json(Path model, Path data, Object... more) throws IOException {
    return JSON.readTree(evaluate(model, data, append(more, "--json")).succeeded().out());
  }

  private static Object[] append(Object[] words, Object last) {
    List<Object> all = new ArrayList<>(List.of(words));
    all.add(last);
    return all.toArray();
  }

  /** The same figures as finetune's own, and the same tables. */
  private static void assertSameFigures(Path out, JsonNode judged) {
    JsonNode run = JsonFiles.readObject(out.resolve("run.json"));
    assertEquals(run.path("evaluation"), judged.path("evaluation"));
    assertEquals(run.path("classification_report"), judged.path("classification_report"));
    assertEquals(run.path("confusion_matrix"), judged.path("confusion_matrix"));
  }

  @Test
  void classesAreJudgedAsFinetuneDoesAndErrorsAreWritten() throws IOException {
    Path out = folder.resolve("out");
    String learnt = finetune(out, "--precision", "f32").succeeded().out();
    assertSameFigures(out, json(out, eval, "--precision", "f32"));
    String said = evaluate(out, eval).succeeded().out();
    assertTrue(said.contains("\nOn 40 examples of " + eval + ":\n  accuracy  "), said);
    String table = learnt.substring(learnt.indexOf("precision"), learnt.indexOf("weighted avg"));
    assertTrue(said.contains(table), said);

    // Rows with the wrong label are what the model gets wrong; their other columns stay.
    List<String> rows = Files.readAllLines(eval);
    StringBuilder changed = new StringBuilder("id,sentence,label,note\n");
    for (int i = 1; i < rows.size(); i++) {
      String[] cells = rows.get(i).split("\t");
      boolean wrong = i % 10 == 3;
      String label = cells[1].equals("pos") == wrong ? "neg" : "pos";
      changed.append("r%d,%s,%s,\"a, \"\"b\"\"\"\n".formatted(i, cells[0], label));
    }
    Path data = Files.writeString(folder.resolve("changed.csv"), changed);
    Path errors = folder.resolve("errors.jsonl");
    Path all = folder.resolve("all.csv");
    said =
        evaluate(out, data, "--errors", errors, "--predictions", all, "--positive", "pos")
            .succeeded()
            .out();
    assertTrue(said.contains("wrote 4 wrong answers to " + errors), said);
    double before = 1;
    List<JsonNode> wrong = new ArrayList<>();
    for (String line : Files.readAllLines(errors)) {
      JsonNode row = JSON.readTree(line);
      wrong.add(row);
      assertEquals("a, \"b\"", row.path("note").asText());
      assertFalse(row.path("label").asText().equals(row.path("prediction").asText()), line);
      assertTrue(row.path("score").asDouble() <= before, line);
      before = row.path("score").asDouble();
      String answer =
          jaubert("predict", "--model", out, row.path("sentence").asText(), "--top", 1)
              .succeeded()
              .out();
      assertEquals("%s %.3f\n".formatted(row.path("prediction").asText(), before), answer);
    }
    assertEquals(
        List.of("r13", "r23", "r3", "r33"),
        wrong.stream().map(row -> row.path("id").asText()).sorted().toList());
    List<String> predicted = Files.readAllLines(all);
    assertEquals("id,sentence,label,note,prediction,score", predicted.get(0));
    assertTrue(predicted.get(40).startsWith("r40,"), predicted.get(40));
    // The file of errors can be judged, too.
    assertEquals(0, json(out, errors).path("evaluation").path("accuracy").asDouble());

    assertEquals(
        "%s:2: label great is not one of the 2 known: neg, pos; --map-label OLD=NEW renames labels"
            .formatted(folder.resolve("odd.tsv")),
        evaluate(
                out,
                Files.writeString(folder.resolve("odd.tsv"), "sentence\tlabel\nthe film\tgreat\n"))
            .failure(1));
    Path renamed = Files.writeString(folder.resolve("1.tsv"), "text\tlabel\ngood\tx\nbad\ty\n");
    JsonNode mapped = json(out, renamed, "--map-label", "x=pos", "--map-label", "y=neg");
    assertEquals(1, mapped.path("evaluation").path("accuracy").asDouble());
    assertEquals(
        "--errors e.txt: its name must end in .tsv, .csv or .jsonl",
        evaluate(out, data, "--errors", "e.txt").failure(2));
    assertEquals(
        "--errors %s: is the file of --data".formatted(data),
        evaluate(out, data, "--errors", data).failure(2));
    assertEquals(
        "--tag-column is for a model of tagged words, and %s is a model of whole texts"
            .formatted(out),
        evaluate(out, data, "--tag-column", "1").failure(2));
    assertTrue(
        evaluate(out, data, "--metric", "mse").failure(2).contains("--metric mse measures scores"));
    assertTrue(evaluate(out, folder.resolve("no.tsv")).failure(1).contains("no such file"));
    assertEquals(
        "Missing required option: '--data=FILE'", jaubert("evaluate", "--model", out).failure(2));
  }

  @Test
  void severalLabelsAreJudgedByTheModelsThresholds() throws IOException {
    String rows =
        IntStream.range(0, 60)
            .mapToObj(i -> i % 3 == 0 ? "good film\tg,f" : i % 3 == 1 ? "bad film\tf" : "bad a\t")
            .collect(Collectors.joining("\n", "sentence\tlabel\n", "\n"));
    Files.writeString(train, rows);
    Files.writeString(eval, rows + "bad story\tg\n");
    Path out = folder.resolve("out");
    finetune(out, "--label-separator", ",", "--thresholds", "per_label", "--precision", "f32")
        .succeeded();
    Path errors = folder.resolve("errors.csv");
    JsonNode judged = json(out, eval, "--label-separator", ",", "--errors", errors);
    assertSameFigures(out, judged);
    JsonNode run = JsonFiles.readObject(out.resolve("run.json"));
    assertEquals(
        run.path("thresholds").path("on_the_examples_they_were_chosen_on"),
        judged.path("thresholds").path("at_these"));
    List<String> wrong = Files.readAllLines(errors);
    assertTrue(wrong.stream().anyMatch(line -> line.startsWith("bad story,g,")), wrong::toString);
  }

  @Test
  void ofScoresTheFarthestOffComeFirst() throws IOException {
    String rows =
        IntStream.range(0, 40)
            .mapToObj(i -> WORDS[i % 6] + "\t" + (i % 6 < 3 ? 1.5 : 0.25))
            .collect(Collectors.joining("\n", "sentence\tscore\n", "\n"));
    Files.writeString(train, rows);
    Files.writeString(eval, rows + "good\t-7.5\n");
    Path out = folder.resolve("out");
    finetune(out, "--precision", "f32").succeeded();
    Path errors = folder.resolve("errors.tsv");
    String said = evaluate(out, eval, "--errors", errors).succeeded().out();
    assertTrue(said.contains("wrote all rows, the farthest off first, to " + errors), said);
    assertSameFigures(out, json(out, eval));
    List<String> lines = Files.readAllLines(errors);
    assertEquals("sentence\tscore\tprediction\terror", lines.get(0));
    assertTrue(lines.get(1).startsWith("good\t-7.5\t"), lines.get(1));
    assertEquals(42, lines.size());
    String[] first = lines.get(1).split("\t");
    assertEquals(Double.parseDouble(first[2]) + 7.5, Double.parseDouble(first[3]), 1e-4);
  }

  @Test
  void tagsAreWrittenBehindTheColumnsOfTheFile() throws IOException {
    String sentence = "DT the O\n# remark\nNN film O\nJJ good B-P\n\n";
    Files.writeString(train, sentence.repeat(60));
    Files.writeString(eval, sentence + "DT the O\nNN story O\nJJ good B-Q\n\n" + sentence);
    Path out = folder.resolve("out");
    // Q has to be a tag of the model.
    Files.writeString(train, Files.readString(train) + "JJ very B-Q\n\n");
    jaubert(
            "finetune",
            "--task",
            "tokens",
            "--model",
            model,
            "--train",
            train,
            "--eval",
            eval,
            "--word-column",
            1,
            "--out",
            out,
            "--lr",
            "4e-3",
            "--epochs",
            6,
            "--precision",
            "f32")
        .succeeded();
    Path errors = folder.resolve("errors.conll");
    JsonNode judged = json(out, eval, "--word-column", 1, "--errors", errors);
    assertSameFigures(out, judged);
    List<String> lines = Files.readAllLines(errors);
    assertTrue(lines.get(0).matches("# score = 0\\.\\d{6}"), lines.get(0));
    assertEquals(List.of("DT the O O", "NN story O O", "JJ good B-Q B-P", ""), lines.subList(1, 5));
    assertEquals(5, lines.size());
    assertEquals(
        "--text-column is not for a model of tagged words, which %s is".formatted(out),
        evaluate(out, eval, "--text-column", "x").failure(2));
    assertTrue(
        evaluate(out, eval, "--errors", "x.jsonl").failure(2).contains("are written as CoNLL"));
  }

  @Test
  void wrongAnswersToQuestionsAreWritten() throws IOException {
    String rows =
        IntStream.range(0, 80)
            .mapToObj(i -> "very\tthe film was %1$s\t%1$s\tn%2$d".formatted(WORDS[i % 6], i))
            .collect(Collectors.joining("\n", "question\tcontext\tanswer\tnote\n", "\n"));
    Files.writeString(train, rows);
    Files.writeString(eval, rows + "very\tthe film was good\tfilm\todd\n");
    Path out = folder.resolve("out");
    jaubert(
            "finetune",
            "--task",
            "qa",
            "--model",
            model,
            "--train",
            train,
            "--eval",
            eval,
            "--out",
            out,
            "--lr",
            "3e-3",
            "--epochs",
            6,
            "--precision",
            "f32")
        .succeeded();
    Path errors = folder.resolve("errors.csv");
    String said = evaluate(out, eval, "--errors", errors).succeeded().out();
    assertTrue(said.contains("\nOn 81 questions of " + eval + ":\n  f1  "), said);
    assertSameFigures(out, json(out, eval));
    List<String> lines = Files.readAllLines(errors);
    assertEquals("question,context,answer,note,prediction,score", lines.get(0));
    assertTrue(
        lines.stream().anyMatch(line -> line.matches("very,the film was good,film,odd,.*")),
        lines::toString);
    double share = json(out, eval).path("evaluation").path("exact_match").asDouble();
    assertEquals(Math.round(81 * (1 - share)), lines.size() - 1);
  }

  @Test
  void rerankersAreJudgedByFiguresAlone() throws IOException {
    String rows =
        IntStream.range(0, 60)
            .mapToObj(i -> "film %s\tstory %s\t%d".formatted(WORDS[i / 6], WORDS[i % 6], i % 6 / 5))
            .collect(Collectors.joining("\n", "query\tpassage\tscore\n", "\n"));
    Files.writeString(train, rows);
    Path out = folder.resolve("out");
    jaubert(
            "finetune",
            "--task",
            "rerank",
            "--model",
            model,
            "--train",
            train,
            "--eval",
            train,
            "--out",
            out,
            "--epochs",
            1,
            "--precision",
            "f32")
        .succeeded();
    assertSameFigures(out, json(out, train));
    assertTrue(
        evaluate(out, train, "--errors", "x.tsv").failure(2).contains("--errors is for labels"));
  }
}
