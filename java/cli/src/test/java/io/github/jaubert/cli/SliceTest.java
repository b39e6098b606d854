package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Figures by a column of the evaluation data. */
class SliceTest extends CommandFixture {
  private Path judged() throws IOException {
    StringBuilder rows = new StringBuilder("sentence\tlabel\tsource\n");
    List<String> lines = sentences(40, 3).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      boolean wrong = i % 4 == 3; // a source whose labels are the other ones
      String shown =
          !wrong
              ? line
              : line.endsWith("pos")
                  ? line.replace("\tpos", "\tneg")
                  : line.replace("\tneg", "\tpos");
      rows.append(shown)
          .append('\t')
          .append(wrong ? "<i>odd</i>" : i == 0 ? "" : "usual")
          .append('\n');
    }
    return Files.writeString(folder.resolve("judged.tsv"), rows);
  }

  @Test
  void figuresAreToldByTheValuesOfAColumn() throws IOException {
    Path run = folder.resolve("run");
    eval = judged();
    String out = finetune(run, "--slice-column", "source").succeeded().out();
    assertTrue(out.contains("  by source                 examples  accuracy"), out);
    JsonNode slices = JsonFiles.readObject(run.resolve("run.json")).path("slices");
    assertEquals("source", slices.path("column").asText());
    assertEquals(29, slices.at("/values/usual/examples").asInt());
    assertEquals(1, slices.at("/values/(none)/examples").asInt());
    JsonNode odd = slices.path("values").path("<i>odd</i>");
    assertEquals(10, odd.path("examples").asInt());
    double usual = slices.at("/values/usual/accuracy/value").asDouble();
    double wrong = odd.path("accuracy").path("value").asDouble();
    assertTrue(usual > 0.9 && wrong < 0.1, slices.toString());
    assertTrue(slices.at("/largest_gap/accuracy/value").asDouble() >= usual - wrong);
    assertTrue(slices.at("/largest_gap/accuracy/low").asDouble() > 0.5, slices.toString());
    String page = Files.readString(run.resolve("report.html"));
    assertTrue(page.contains("<h2>By source</h2>") && page.contains("&lt;i&gt;odd&lt;/i&gt;"));
    String card = Files.readString(run.resolve("README.md"));
    assertTrue(
        card.contains("By source, with intervals of 95 %, of F1 and gaps by bootstrap:"), card);
    assertTrue(card.contains("| largest gap |"), card);
  }

  @Test
  void whatHasNoSlicesIsRefused() throws IOException {
    Path run = folder.resolve("none");
    eval = judged();
    assertEquals(
        eval + ": no column town; the columns are sentence, label, source",
        finetune(run, "--slice-column", "town").failure(1));
    assertEquals(
        "--slice-column needs --eval or --eval-share",
        jaubert("finetune", "--model", model, "--train", train, "--slice-column", "a").failure(2));
    assertEquals(
        "--slice-column is for labels of whole texts, not for --task tokens",
        jaubert("finetune", "--task", "tokens", "--train", train, "--slice-column", "a")
            .failure(2));
  }
}
