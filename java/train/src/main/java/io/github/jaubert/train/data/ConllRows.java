package io.github.jaubert.train.data;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Sentences of a CoNLL file as they stand there, with other tags in a column behind the last. */
public final class ConllRows {
  /**
   * A sentence to be written.
   *
   * @param sentence of the file
   * @param tags one for each of its words
   * @param score written as a comment before it
   */
  public record Row(TaggedSentence sentence, List<String> tags, double score) {}

  private ConllRows() {}

  /**
   * Writes sentences, in this order.
   *
   * @param files that they come from
   * @throws DataException if one cannot be read
   */
  public static void write(Source files, Path to, List<Row> rows) {
    Map<Path, List<String>> texts = new HashMap<>();
    for (Path file : files.files()) {
      texts.put(file, Utf8.read(file).lines().map(ConllReader::trimmed).toList());
    }
    StringBuilder text = new StringBuilder();
    for (Row row : rows) {
      text.append(String.format(Locale.ROOT, "# score = %.6f\n", row.score));
      List<String> lines = texts.get(files.file(row.sentence.line()));
      int line = (int) Source.inFile(row.sentence.line()) - 1;
      Pattern between = ConllReader.between(lines.get(line));
      int width = between.split(lines.get(line), -1).length;
      for (int word = 0; word < row.tags.size(); line++) {
        String words = lines.get(line);
        text.append(words);
        if (!ConllReader.isComment(words, between.split(words, -1).length == width)) {
          text.append(between == ConllReader.TAB ? '\t' : ' ').append(row.tags.get(word++));
        }
        text.append('\n');
      }
      text.append('\n');
    }
    AtomicFile.write(to, text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
