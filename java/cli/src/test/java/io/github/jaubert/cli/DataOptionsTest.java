package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Training and evaluation mean the same columns and labels, and the command says which. */
class DataOptionsTest extends CommandFixture {
  private Result learn(Path learned, Path judged, Object... more) {
    List<Object> words = new ArrayList<>(List.of("finetune", "--model", model, "--epochs", "1"));
    words.addAll(List.of("--train", learned, "--overwrite"));
    words.addAll(judged == null ? List.of() : List.of("--eval", judged));
    words.addAll(List.of("--out", folder.resolve("out")));
    words.addAll(List.of(more));
    return jaubert(words.toArray());
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  @Test
  void evaluationUsesTheColumnsOfTrainingByName() throws IOException {
    Path one = file("a.tsv", "id\tsentence\ttext2\tlabel\n1\ta film\tx\tpos\n2\tbad\ty\tneg\n");
    Path order = file("b.tsv", "label\ttext\tsentence\nneg\t?\tbad\npos\t?\tgood\n");
    String said = learn(one, order).succeeded().out();
    assertTrue(
        said.contains(
            "text: sentence, label: label; not used: id, text2"
                + " (--text-column, --pair-column, --label-column)\n"
                + "labels: 2 classes, neg, pos (one a row; "),
        said);
    assertTrue(said.contains("  bad\n"), said); // the first text of the evaluation
    for (String json :
        List.of(
            "{\"label\":\"neg\",\"text\":\"?\",\"sentence\":\"bad\"}\n",
            "{\"sentence\":\"good\",\"label\":\"pos\"}\n")) {
      learn(one, file("b.jsonl", json)).succeeded();
    }
    learn(one, file("b.csv", "label,sentence\nneg,\"bad, poor\"\n")).succeeded();
    said =
        learn(one, file("p.tsv", "text2\tlabel\tsentence\nx\tneg\tbad\n"), "--pair-column", "text2")
            .succeeded()
            .out();
    assertTrue(
        said.contains("text: sentence, second text: text2, label: label; not used: id"), said);
    assertTrue(said.contains("  bad | x\n"), said);
  }

  @Test
  void oneFileIsDividedIfAskedTo() throws IOException {
    StringBuilder tsv = new StringBuilder("text\tlabel\tby\n");
    for (int i = 0; i < 20; i++) {
      tsv.append("text ").append(i).append(i % 2 == 0 ? "\tpos\t" : "\tneg\t").append("x\n");
    }
    Path data = file("all.tsv", tsv.toString());
    String said = learn(data, null, "--eval-share", "0.2").succeeded().out();
    assertTrue(said.contains("16 examples") && said.contains("4 examples"), said);
    assertEquals(
        data + ": 20 rows in 1 group: a share of 0.2 would be all of them",
        learn(data, null, "--eval-share", "0.2", "--group-column", "by").failure(1));
    assertEquals(
        "--eval-share and --eval exclude each other",
        learn(data, data, "--eval-share", "0.2").failure(2));
    assertEquals(
        "--eval-share 1.0: between 0 and 1", learn(data, null, "--eval-share", "1").failure(2));
    assertEquals(
        "--group-column needs --eval-share", learn(data, null, "--group-column", "by").failure(2));
    assertEquals(
        "--eval-share is for labels and scores of whole texts, not for --task TOKENS",
        learn(data, null, "--eval-share", "0.5", "--task", "tokens").failure(2));
  }

  @Test
  void theUsualNamesOfPairsAreTakenForPairs() throws IOException {
    for (String names :
        List.of(
            "sentence1 sentence2", "premise hypothesis", "question1 question2", "text text_pair")) {
      String[] pair = names.split(" ");
      Path data = file("pairs.tsv", names.replace(' ', '\t') + "\tlabel\na\tb\tpos\nc\td\tneg\n");
      String said = learn(data, data).succeeded().out();
      String columns = "text: %s, second text: %s, label: label (".formatted(pair[0], pair[1]);
      assertTrue(said.contains(columns), said);
      assertTrue(said.contains("  c | d\n"), said);
      assertTrue(said.endsWith(" \"some text\" --pair \"another\"\n"), said);
    }
    Path nli = file("nli.tsv", "premise\thypothesis\tlabel\na\tb\tpos\nc\td\tneg\n");
    String second = learn(nli, nli, "--pair-column", "hypothesis").succeeded().out();
    assertTrue(second.contains("text: premise, second text: hypothesis, label: label ("), second);
    Path data =
        file("qnli.tsv", "index\tquestion\tsentence\tlabel\n1\ta?\tb\tpos\n2\tc?\td\tneg\n");
    String said = learn(data, data).succeeded().out();
    assertTrue(said.contains("text: question, second text: sentence, label: label"), said);
    for (String[] single : new String[][] {{"--text-column", "sentence"}, {"--pair-column", ""}}) {
      said = learn(data, data, (Object[]) single).succeeded().out();
      assertTrue(said.contains("text: sentence, label: label; not used: index, question"), said);
    }
  }

  @Test
  void aMissingColumnIsRefusedWithBothHeaders() throws IOException {
    Path one = file("a.tsv", "sentence\tlabel\na film\tpos\nbad\tneg\n");
    Path other = file("b.tsv", "text\tlabel\nbad\tneg\n");
    assertLacks("sentence", other, "text, label", one, "sentence, label");
    // Without a header the first row is taken for one.
    Path rows = file("c.tsv", "bad\tneg\ngood\tpos\n");
    assertLacks("sentence", rows, "bad, neg", one, "sentence, label");
    Path json = file("d.jsonl", "{\"sentence\":\"bad\",\"gold\":\"neg\"}\n");
    assertLacks("label", json, "sentence, gold", one, "sentence, label");
    Path narrow = file("e.tsv", "neg\nneg\n");
    Object[] numbered = {"--no-header", "--text-column", "0", "--label-column", "1"};
    assertLacks("1", narrow, "0", rows, "0, 1", numbered);
    assertEquals(
        one
            + ":1: label label is not one of the 2 known: neg, pos; --map-label OLD=NEW renames labels",
        learn(rows, one, numbered).failure(1));
    assertEquals(
        json + ": JSONL names the columns; there is no header to leave out",
        learn(rows, json, numbered).failure(1));
  }

  private void assertLacks(
      String column, Path judged, String its, Path learned, String others, Object... more) {
    assertEquals(
        "%s: no column %s; its columns are %s, those of %s are %s"
            .formatted(judged, column, its, learned, others),
        learn(learned, judged, more).failure(1));
  }

  @Test
  void labelsAreRenamedInEitherFile() throws IOException {
    Path named = file("a.tsv", "text\tlabel\na film\tpos\nbad\tneg\ngood\tpos\n");
    Path numbered = file("b.tsv", "text\tlabel\nbad\t0\ngood\t1\nfine\t1\n");
    assertEquals(
        numbered
            + ": its labels are numbers (0, 1) where those of "
            + named
            + " are names (neg, pos); --map-label OLD=NEW gives them these names",
        learn(named, numbered).failure(1));
    String said =
        learn(named, numbered, "--map-label", "0=neg", "--map-label", "1=pos").succeeded().out();
    assertTrue(said.contains("accuracy, commonest label                        66.7 %"), said);
    said = learn(numbered, named, "--map-label", "0=neg", "--map-label", "1=pos").succeeded().out();
    assertTrue(said.contains("labels: 2 classes, neg, pos (one a row"), said);
    String unknown = learn(named, numbered, "--map-label", "2=pos").failure(1);
    assertEquals(
        "--map-label 2=pos: no row has the label 2; those of "
            + named
            + " are neg, pos, those of "
            + numbered
            + " are 0, 1",
        unknown);
    Path spelled = file("c.tsv", "text\tlabel\nbad\tNEG\ngood\tpos\n");
    assertEquals(
        spelled
            + ":2: label NEG is not one of the 2 known: neg, pos; it looks like neg, but is NEG"
            + "; --map-label OLD=NEW renames labels",
        learn(named, spelled).failure(1));
    learn(named, spelled, "--map-label", "NEG=neg").succeeded();
    assertEquals(
        "--map-label 0: not OLD=NEW", learn(named, numbered, "--map-label", "0").failure(2));
    assertEquals(
        "--map-label 0=b: 0 has a new name already",
        learn(named, numbered, "--map-label", "0=a", "--map-label", "0=b").failure(2));
  }

  @Test
  void metricsOfOneClassNameIt() throws IOException {
    Path rare = file("r.tsv", "text\tlabel\na\tfraud\n" + "b\tlegit\n".repeat(3));
    String said = learn(rare, rare).succeeded().out();
    assertTrue(
        said.contains(
            "\nf1: of legit, the label of 3 of 4 examples to be judged by (--positive)\n"),
        said);
    assertTrue(said.contains("  f1 (legit), fine-tuned "), said);
    Object[] chosen = {"--positive", "fraud", "--metric", "recall,precision,f1,accuracy"};
    said = learn(rare, rare, chosen).succeeded().out();
    assertTrue(
        said.contains("\nrecall, precision, f1: of fraud, the label of 1 of 4 examples"), said);
    for (String name : List.of("recall", "precision", "f1")) {
      assertTrue(said.contains("  %s (fraud), fine-tuned ".formatted(name)), said);
    }
    String run = Files.readString(folder.resolve("out").resolve("run.json"));
    assertTrue(run.contains("\"f1 (fraud)\""), run);
    assertEquals(
        "--positive spam: the labels are fraud, legit",
        learn(rare, rare, "--positive", "spam").failure(2));
    Path scores = file("s.tsv", "text\tscore\na\t1.5\nb\t0.5\n");
    assertEquals(
        "--positive names a class, but the task is to predict a score",
        learn(scores, scores, "--positive", "1.5").failure(2));
  }

  @Test
  void rowsAreLeftOutByTheirLabel() throws IOException {
    Path gold = file("a.tsv", "text\tlabel\na\tyes\nb\t-\nc\tno\nd\t\n");
    assertEquals(
        gold + ":5: the label is empty; --skip-label \"\" leaves such rows out",
        learn(gold, gold).failure(1));
    String said = learn(gold, gold, "--skip-label", "-", "--skip-label", "").succeeded().out();
    assertTrue(said.contains("2 examples to learn from, 2 to be judged by; one of 2 labels"), said);
    Path ones = file("b.tsv", "text\tlabel\na\t1.0\nb\t-1.0\nc\t0.0\n");
    said = learn(ones, ones, "--skip-label", "-1.0").succeeded().out();
    assertTrue(said.contains("labels: 2 classes, 0, 1 (whole numbers, some written as 0.0"), said);
    assertTrue(said.contains("accuracy, commonest label                        50.0 %"), said);
    Path scores = file("c.tsv", "text\tscore\na\t1.5\nb\tNA\nc\t0.0\n");
    said = learn(scores, scores, "--skip-label", "NA").succeeded().out();
    assertTrue(said.contains("labels: a score from 0.0 to 1.5 (numbers with fractions;"), said);
    assertEquals(
        gold + ": every row is left out",
        learn(
                gold,
                gold,
                "--skip-label",
                "-",
                "--skip-label",
                "",
                "--skip-label",
                "yes",
                "--skip-label",
                "no")
            .failure(1));
  }

  @Test
  void flagsTakeNames() throws IOException {
    Path rows =
        file(
            "f.jsonl", "{\"text\":\"good\",\"label\":[1,0]}\n{\"text\":\"bad\",\"label\":[1,1]}\n");
    assertEquals(
        rows
            + ":1: [1, 0] looks like flags, one for each label, not names;"
            + " --flag-labels NAME,NAME gives the names",
        learn(rows, rows).failure(1));
    String said = learn(rows, rows, "--flag-labels", "warm,cold").succeeded().out();
    assertTrue(said.contains("labels: any of 2, cold, warm (a row may have several"), said);
    Path one = file("g.tsv", "text\tlabel\ngood\t1 0\nbad\t0 1\n");
    said = learn(one, one, "--flag-labels", "warm,cold").succeeded().out();
    assertTrue(said.contains("labels: 2 classes, cold, warm (one a row"), said);
  }

  @Test
  void aSampleKeepsRowsWithoutALabel() throws IOException {
    Path tags =
        file(
            "t.jsonl",
            "{\"text\":\"good film\",\"label\":[\"a\",\"b\"]}\n".repeat(4)
                + "{\"text\":\"bad\",\"label\":[]}\n".repeat(4));
    String said = learn(tags, tags, "--train-limit", "7").succeeded().out();
    assertTrue(said.contains("7 examples to learn from, 8 to be judged by; any of 2 labels"), said);
    Path none = file("n.jsonl", "{\"text\":\"good film\",\"label\":[]}\n");
    assertEquals(none + ": no row has a label", learn(none, none).failure(1));
  }

  @Test
  void quotedCellsAreReadAsSuchWhereAsked() throws IOException {
    Path quoted = file("q.tsv", "\"text\"\t\"label\"\n\"a \"\"b\"\"\"\t\"x\"\n\"c\"\t\"y\"\n");
    assertEquals(
        quoted
            + ": choose a column with --text-column; the columns are \"text\", \"label\""
            + ", or without quotes with --format quoted_tsv",
        learn(quoted, quoted).failure(1));
    String said = learn(quoted, quoted, "--format", "quoted_tsv").succeeded().out();
    assertTrue(said.contains("2 classes, x, y") && said.contains("  a \"b\"\n"), said);
  }

  @Test
  void tokensAreAddedBeforeTraining() throws IOException {
    Path out = folder.resolve("out");
    Path tokens = Files.writeString(folder.resolve("tokens.txt"), "superb\n\n good-film \nwas\n");
    String said = finetune(out, "--add-tokens", tokens).succeeded().out();
    assertTrue(said.contains("2 tokens added to those of " + model + "; 19 embeddings"), said);
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(out)) {
      assertEquals(18, tokenizer.encode("the GOOD-film").ids()[2]);
    }
    jaubert("predict", "--model", out, "a superb good-film").succeeded();
    assertEquals("--add-tokens needs --model", jaubert("finetune", "--add-tokens", "a").failure(2));
    String failure = finetune(out, "--overwrite", "--add-tokens", ", ,").failure(2);
    assertEquals("--add-tokens , ,: no token", failure);
    failure = finetune(out, "--overwrite", "--add-tokens", "a", "--lora-rank", "2").failure(2);
    assertTrue(failure.startsWith("--add-tokens: an adapter"), failure);
  }
}
