package io.github.jaubert.train.data;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.fuzz.ByteDamage;
import io.github.jaubert.fuzz.Trial;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A damaged TSV, CSV or JSON lines file: it is read, with and without a header, into targets, and
 * as sentences of tagged words.
 */
public final class DataFileTrial implements Trial {
  private static final List<String> CELLS =
      List.of(
          "",
          " ",
          "good",
          "bad",
          "the film",
          "a \"quoted\" word",
          "\"",
          "\"\"",
          "\"open",
          "close\"",
          "a,b",
          "a\tb",
          "a\rb",
          "a\nb",
          "\r",
          "\r\n",
          "\u0000",
          "\u001a",
          "\ufeff",
          "\ud83d\ude00",
          "e\u0301",
          "\u00a0",
          "1",
          "0",
          "-1",
          "1.0",
          "1e400",
          "-1e-400",
          "NaN",
          "0x1p3",
          "1d",
          "007",
          "99999999999999999999",
          "1" + "0".repeat(5000),
          "1e999999999",
          "1,5",
          "true",
          "null",
          "[]",
          "{}",
          "LABEL_2147483648",
          "x".repeat(1 << 20),
          "\"" + "y\n".repeat(1 << 16));
  private static final List<String> JSON =
      List.of(
          "null",
          "true",
          "[]",
          "{}",
          "[0,1]",
          "[0,1,1]",
          "[true,false]",
          "[\"a\",\"b\"]",
          "[null]",
          "[[1]]",
          "1e400",
          "-1e400",
          "1e-400",
          "NaN",
          "1" + "0".repeat(5000),
          "1e999999999",
          "1.5e-999999999",
          "-0.0",
          "18446744073709551616",
          "\"\\ud800\"",
          "\"\\u0000\"",
          "\"\\q\"",
          "\"a",
          "{\"a\":1}",
          "[".repeat(10_000) + "]".repeat(10_000),
          "[".repeat(900) + "]".repeat(900),
          "[".repeat(100_000),
          "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000),
          "\"" + "z".repeat(1 << 20) + "\"",
          "[" + "1,".repeat(100_000) + "0]",
          "{\"label\":1,\"label\":2}");
  private static final List<String> NAMES = List.of("data.tsv", "data.csv", "data.jsonl");

  @Override
  public String prepare(RandomGenerator random, Path folder) throws IOException {
    int format = random.nextInt(NAMES.size());
    List<String> did = new ArrayList<>();
    String text = format == 2 ? jsonLines(random, did) : table(random, format == 1, did);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (random.nextInt(3) == 0) {
      ByteDamage.Result result = ByteDamage.apply(random, bytes);
      bytes = result.bytes();
      did.add(result.damage());
    }
    for (String name : NAMES) {
      Files.deleteIfExists(folder.resolve(name));
    }
    Files.write(folder.resolve(NAMES.get(format)), bytes);
    return NAMES.get(format) + ": " + String.join("; ", did);
  }

  private static String table(RandomGenerator random, boolean csv, List<String> did) {
    String separator = csv ? "," : "\t";
    String end = random.nextInt(4) == 0 ? "\r\n" : random.nextInt(10) == 0 ? "\r" : "\n";
    StringBuilder text = new StringBuilder(String.join(separator, "text", "pair", "label") + end);
    int rows = random.nextInt(8);
    for (int row = 0; row < rows; row++) {
      List<String> cells =
          new ArrayList<>(List.of("a film", "is it?", row % 2 == 0 ? "good" : "bad"));
      if (random.nextInt(3) == 0) {
        String odd = pick(random, CELLS);
        boolean quoted = csv && random.nextBoolean();
        cells.set(random.nextInt(3), quoted ? "\"" + odd.replace("\"", "\"\"") + "\"" : odd);
        did.add("row " + row + " has " + shown(odd));
      }
      if (random.nextInt(12) == 0) {
        cells.add("one more");
        did.add("row " + row + " has 4 cells");
      }
      text.append(String.join(separator, cells)).append(end);
    }
    return text.toString();
  }

  private static String jsonLines(RandomGenerator random, List<String> did) {
    StringBuilder text = new StringBuilder();
    int rows = random.nextInt(8);
    for (int row = 0; row < rows; row++) {
      String[] values = {"\"a film\"", "\"is it?\"", row % 2 == 0 ? "\"good\"" : "\"bad\""};
      if (random.nextInt(3) == 0) {
        String odd = pick(random, JSON);
        values[random.nextInt(3)] = odd;
        did.add("row " + row + " has " + shown(odd));
      }
      String key =
          random.nextInt(12) == 0
              ? pick(random, List.of("", "label", "x".repeat(1 << 20), "\\u0000"))
              : "pair";
      text.append(
          "{\"text\":%s,\"%s\":%s,\"label\":%s}\n".formatted(values[0], key, values[1], values[2]));
    }
    return text.toString();
  }

  private static String pick(RandomGenerator random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static String shown(String text) {
    return text.substring(0, Math.min(30, text.length()));
  }

  @Override
  public void run(Path folder) {
    Path file = NAMES.stream().map(folder::resolve).filter(Files::exists).findFirst().orElseThrow();
    TextDataset data = TextDataset.of(file, TableFormat.of(file));
    List<Runnable> uses =
        List.of(
            () -> use(data.text("text").label("label")),
            () -> use(data.text("text").pair("pair").label("label").separator(",")),
            () -> use(byNumber(data, file)),
            () -> use(TaggedDataset.conll(file)),
            () -> use(TaggedDataset.jsonl(file).words("text").tags("label")),
            data::columnNames);
    DataException longest = null;
    for (Runnable use : uses) {
      try {
        use.run();
      } catch (DataException e) {
        longest = longest == null || length(e) > length(longest) ? e : longest;
      }
    }
    if (longest != null) {
      throw longest;
    }
  }

  private static int length(DataException e) {
    return e.getMessage().length();
  }

  private static TextDataset byNumber(TextDataset data, Path file) {
    return TableFormat.of(file) == TableFormat.JSONL
        ? data.text("pair").label("text")
        : data.noHeader().text("0").label("2");
  }

  private static void use(TaggedDataset data) {
    data.sentences().forEach(TaggedSentence::words);
    data.tagNames();
  }

  /** Targets of every kind; what none of them is made for is no fault of the file. */
  private static void use(TextDataset data) {
    data.rows().forEach(Example::text);
    data.labelNames();
    for (Labels labels :
        List.of(Labels.of("good", "bad"), Labels.multi("good", "bad"), Labels.score())) {
      try {
        Targets.of(data, labels);
      } catch (DataException e) {
        if (length(e) >= 2000) {
          throw e;
        }
      }
    }
  }

  @Override
  public boolean isDocumented(Throwable thrown) {
    return thrown instanceof DataException && thrown.getMessage().lines().count() == 1;
  }
}
