package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class MeasureTest extends CommandFixture {
  private static final Pattern SCRIPT = Pattern.compile("<script>(.*?)</script>", Pattern.DOTALL);

  @Test
  void figuresAreToldAndWritten() throws IOException {
    Path json = folder.resolve("m.json");
    Path page = folder.resolve("m.html");
    Result done =
        jaubert(
                "measure",
                train,
                "--against",
                eval,
                "--model",
                model,
                "--max-length",
                4,
                "--json",
                json,
                "--html",
                page)
            .succeeded();
    String out = done.out();
    assertTrue(out.contains("train.tsv: 300 rows, read in "), out);
    assertTrue(out.contains("2 labels"), out);
    assertTrue(out.contains("  leak: 40 of 40 rows of " + eval), out);
    assertTrue(out.contains("  truncation: 100.0 % of the texts are longer than 4 tokens"), out);
    assertTrue(out.contains("wrote " + json + "\nwrote " + page), out);
    ObjectNode measured = JsonFiles.readObject(json);
    assertEquals(300, measured.path("rows").asInt());
    assertEquals(6, measured.path("tokens").path("lengths").path("max").asInt());
    assertEquals(40, measured.path("leaks").path("exact").asInt());
    assertEquals("sentence", measured.path("texts").get(0).path("column").asText());
    assertTrue(Files.readString(page).contains("<h1>train.tsv</h1>"));
  }

  /** Every field is of a column of a file that is described, whose hash is that of the file. */
  @Test
  void croissantDescribesTheFile() throws Exception {
    Path out = folder.resolve("croissant.json");
    jaubert("measure", train, "--against", eval, "--croissant", out).succeeded();
    ObjectNode json = JsonFiles.readObject(out);
    assertEquals("http://mlcommons.org/croissant/1.1", json.path("conformsTo").get(0).asText());
    assertEquals(1, json.path("distribution").size());
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(train));
    assertEquals(HexFormat.of().formatHex(hash), json.at("/distribution/0/sha256").asText());
    assertEquals("text/tab-separated-values", json.at("/distribution/0/encodingFormat").asText());
    assertEquals(2, json.at("/recordSet/0/field").size());
    json.at("/recordSet/0/field")
        .forEach(
            field -> {
              assertEquals(json.at("/distribution/0/@id"), field.at("/source/fileObject/@id"));
              assertEquals(field.path("name"), field.at("/source/extract/column"));
            });
    String said = json.path("rai:dataLimitations").toString();
    assertTrue(said.contains("40 of 40 rows of dev.tsv"), said);
    assertFalse(json.toString().contains(folder.toString()), "where it lies is nobody's concern");
  }

  /** Whatever cells hold, one script is on the page, and it is the one that may run. */
  @Test
  void nothingInACellRuns() throws Exception {
    Path data =
        Files.writeString(
            folder.resolve("<b>.tsv"),
            ("text\tlabel\n<script>alert(1)</script>\t\"><img src=x onerror=alert(2)>\n"
                    + "</td></script><script>alert(3)</script>\u0001\t</script><b onclick=alert(4)>\n")
                .repeat(2)
                .replaceAll("(?<=.)text\tlabel\n", ""));
    Path page = folder.resolve("m.html");
    jaubert("measure", data, "--against", data, "--html", page).succeeded();
    String html = Files.readString(page);
    Matcher script = SCRIPT.matcher(html);
    assertTrue(script.find());
    byte[] hash =
        MessageDigest.getInstance("SHA-256")
            .digest(script.group(1).getBytes(StandardCharsets.UTF_8));
    assertTrue(
        html.contains(
            "content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src"
                + " &#39;sha256-"
                + Base64.getEncoder().encodeToString(hash)
                + "&#39;\""));
    assertFalse(script.find());
    for (String none : new String[] {"<img", "<b o", "<script ", "\u0001", "alert(1)</script>"}) {
      assertFalse(html.contains(none), none);
    }
    assertTrue(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
  }

  /** The embeddings of a classifier's encoder; figures, lines and page say the same. */
  @Test
  void textsAreClustered() throws IOException {
    Path json = folder.resolve("c.json");
    Path page = folder.resolve("c.html");
    String out =
        jaubert(
                "measure",
                train,
                "--model",
                model,
                "--clusters",
                3,
                "--cluster-texts",
                90,
                "--json",
                json,
                "--html",
                page)
            .succeeded()
            .out();
    assertTrue(out.contains("3 clusters               90 of 300 texts, silhouette "), out);
    assertTrue(out.contains("\n  cluster 3              "), out);
    ObjectNode measured = JsonFiles.readObject(json);
    assertEquals(90, measured.at("/clusters/texts").asInt());
    assertEquals(3, measured.at("/clusters/clusters").size());
    int all = 0;
    for (int i = 0; i < 3; i++) {
      all += measured.at("/clusters/clusters/" + i + "/texts").asInt();
    }
    assertEquals(90, all);
    assertTrue(Files.readString(page).contains("<h2>Texts far from any centre</h2>"));
  }

  @Test
  void linesOfTextNeedNoColumns() throws IOException {
    Path text = Files.writeString(folder.resolve("a.txt"), "one text\n\nanother text\nOne text!\n");
    String out = jaubert("measure", text).succeeded().out();
    assertTrue(out.contains("a.txt: 3 rows"), out);
    assertTrue(out.contains("2 different; 1 rows repeat one (0 to the last character)"), out);
  }

  @Test
  void whatCannotBeMeantIsRefused() throws IOException {
    Path other = Files.writeString(folder.resolve("o.tsv"), "a\tb\n1\t2\n");
    assertEquals(
        other + ": choose a column with --text-column; the columns are a, b",
        jaubert("measure", other).failure(1));
    assertEquals(
        other + ": no column c; the columns are a, b",
        jaubert("measure", other, "--text-column", "c").failure(1));
    assertEquals(
        other + ": no column sentence; the columns are a, b",
        jaubert("measure", train, "--against", other).failure(1));
    Path none = folder.resolve("none.tsv");
    assertEquals(none + ": no such file", jaubert("measure", none).failure(1));
    String refused = jaubert("measure", folder).failure(1);
    assertTrue(
        refused.startsWith(
            folder + ": a folder is read as one folder for each label, in it a file"),
        refused);
    assertEquals(
        "--similar 0.3: from 0.5 to 1", jaubert("measure", train, "--similar", 0.3).failure(2));
    assertEquals(
        "--json " + folder + ": is a folder; name a file in it",
        jaubert("measure", train, "--json", folder).failure(2));
    assertEquals(
        "--perplexity needs --model", jaubert("measure", train, "--perplexity", 9).failure(2));
    assertEquals("--clusters needs --model", jaubert("measure", train, "--clusters", 9).failure(2));
    assertEquals(
        "--clusters many: a number from 1 to 1000, or auto",
        jaubert("measure", train, "--model", model, "--clusters", "many").failure(2));
    assertEquals(
        "--cluster-texts needs --clusters",
        jaubert("measure", train, "--cluster-texts", 9).failure(2));
    String noTagger = jaubert("measure", train, "--tagger", model).failure(1);
    assertTrue(noTagger.contains(model + ": is a BertForSequenceClassification"), noTagger);
    assertEquals(
        "--terms he her: words with / and , between",
        jaubert("measure", train, "--terms", "he her").failure(2));
    String noHead = jaubert("measure", train, "--model", model, "--perplexity", 9).failure(1);
    assertTrue(noHead.startsWith(model.toString()), noHead);
    assertEquals(
        "--max-length needs --model", jaubert("measure", train, "--max-length", 9).failure(2));
  }

  @Test
  void finetuneTellsWhatCallsForCareAndLearnsNothingFromLeaksIfStrict() {
    Result told =
        jaubert("finetune", "--model", model, "--train", train, "--eval", eval, "--dry-run");
    String out = told.succeeded().out();
    assertTrue(out.contains("\nleak: 40 of 40 rows of " + eval + " have a text"), out);
    assertTrue(out.contains("\nduplicates: "), out);
    assertFalse(out.contains("imbalance"), out);
    Path run = folder.resolve("run");
    assertEquals(
        eval
            + ": 40 of 40 rows have a text that is learnt from, and 0 a similar one, the first in"
            + " line 2; without --strict they are only told",
        finetune(run, "--strict").failure(1).replaceFirst("line \\d+", "line 2"));
    assertFalse(Files.exists(run.resolve("config.json")));
    assertEquals(
        "--strict is for labels and scores of whole texts in files",
        jaubert("finetune", "--model", model, "--strict", "--dry-run").failure(2));
  }
}
