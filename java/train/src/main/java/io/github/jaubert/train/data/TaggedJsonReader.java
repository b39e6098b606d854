package io.github.jaubert.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Sentences of a file of JSON lines, or in Parquet. */
final class TaggedJsonReader {
  private static final List<String> WORDS = List.of("tokens", "words");
  private static final List<String> TAGS = List.of("ner_tags", "tags", "labels");

  private final Path file;
  private final TableFormat format;
  private final String source;
  private final TaggedDataset.Columns columns;

  TaggedJsonReader(Path file, TableFormat format, TaggedDataset.Columns columns) {
    this.file = file;
    this.format = format;
    this.source = file.toString();
    this.columns = columns;
  }

  /**
   * Reads all sentences; objects without words are left out.
   *
   * @throws DataException if a line is no object with both arrays
   */
  List<TaggedSentence> read() {
    Table table = format.read(file, true);
    String words = columns.words() == null ? chosen(table, "words", WORDS) : columns.words();
    String tags = columns.tags() == null ? chosen(table, "tags", TAGS) : columns.tags();
    int wordColumn = table.column(words);
    int tagColumn = table.column(tags);
    List<TaggedSentence> sentences = new ArrayList<>();
    for (Table.Row row : table.rows()) {
      List<String> rowWords = table.cell(row, wordColumn);
      List<String> rowTags = table.cell(row, tagColumn);
      if (rowWords.size() != rowTags.size()) {
        throw new DataException(
            source,
            row.line(),
            "%d %s and %d %s".formatted(rowWords.size(), words, rowTags.size(), tags));
      }
      if (!rowWords.isEmpty()) {
        sentences.add(new TaggedSentence(rowWords, named(row.line(), tags, rowTags), row.line()));
      }
    }
    return sentences;
  }

  private String chosen(Table table, String what, List<String> usual) {
    return usual.stream()
        .filter(table.columns()::contains)
        .findFirst()
        .orElseThrow(
            () ->
                new DataException(
                    source,
                    "none of %s is there; choose the key of the %s with %s(…): %s"
                        .formatted(
                            String.join(", ", usual),
                            what,
                            what,
                            String.join(", ", table.columns()))));
  }

  private List<String> named(long line, String key, List<String> tags) {
    if (tags.contains("")) {
      throw new DataException(source, line, "one of " + key + " is empty");
    }
    if (columns.names().isEmpty() && tags.stream().allMatch(LabelText::isInteger)) {
      throw new DataException(
          source,
          line,
          key + " are numbers, " + tags.get(0) + " the first; names(…) says what they stand for");
    }
    return tags.stream().map(tag -> TagNames.named(source, line, tag, columns.names())).toList();
  }
}
