package io.github.jaubert.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A word a line, an empty line after each sentence. Only tabs and spaces divide columns: a no-break
 * space and the like are characters of a word.
 */
final class ConllReader {
  private static final Pattern BLANKS = Pattern.compile("[ \t]+");
  static final Pattern TAB = Pattern.compile("\t");
  private static final Pattern OUTER_BLANKS = Pattern.compile("^[ \t]+|[ \t]+$");
  private static final Pattern SETTING = Pattern.compile("#\\s*\\S+\\s*=\\s.*");
  private static final String DOCUMENT = "-DOCSTART-";

  private final Path file;
  private final String source;
  private final String wordColumn;
  private final String tagColumn;
  private final List<String> names;

  private final List<TaggedSentence> sentences = new ArrayList<>();
  private final List<String> words = new ArrayList<>();
  private final List<String> tags = new ArrayList<>();
  private long firstLine;

  ConllReader(Path file, TaggedDataset.Columns columns) {
    this.file = file;
    source = file.toString();
    wordColumn = columns.words() == null ? "0" : columns.words();
    tagColumn = columns.tags() == null ? "-1" : columns.tags();
    names = columns.names();
  }

  /**
   * Reads all sentences.
   *
   * @throws DataException if there is none, or a line is not like the others
   */
  List<TaggedSentence> read() {
    List<String> lines = Utf8.read(file).lines().map(ConllReader::trimmed).toList();
    String first =
        lines.stream()
            .filter(line -> !line.isEmpty() && !line.startsWith("#") && !isDocument(line))
            .findFirst()
            .orElseThrow(() -> new DataException(source, "has no word"));
    Pattern between = between(first);
    int width = between.split(first, -1).length;
    int word = column(wordColumn, width);
    int tag = column(tagColumn, width);
    if (word == tag) {
      throw new DataException(
          source,
          "column %d of %d is both the word and the tag%s"
              .formatted(word, width, width == 1 ? ": are the columns divided otherwise?" : ""));
    }
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      String[] cells = between.split(line, -1);
      if (line.isEmpty() || isDocument(line)) {
        endSentence();
      } else if (!isComment(line, cells.length == width)) {
        if (cells.length != width) {
          throw new DataException(
              source,
              i + 1,
              "%d columns where the first word has %d".formatted(cells.length, width));
        }
        addWord(i + 1, cells[word], cells[tag]);
      }
    }
    endSentence();
    return sentences;
  }

  /** Without blanks at the ends; an empty cell at the end of a line with tabs is lost with them. */
  static String trimmed(String line) {
    return OUTER_BLANKS.matcher(line).replaceAll("");
  }

  /** What divides the columns of a file of which this is the first line of words. */
  static Pattern between(String first) {
    return first.indexOf('\t') >= 0 ? TAB : BLANKS;
  }

  private static boolean isDocument(String line) {
    return line.startsWith(DOCUMENT);
  }

  /** A word may well begin with #, too; it then has as many columns as all others. */
  static boolean isComment(String line, boolean fits) {
    return line.startsWith("#") && (!fits || SETTING.matcher(line).matches());
  }

  private int column(String name, int width) {
    int number;
    try {
      number = Integer.parseInt(name);
    } catch (NumberFormatException e) {
      throw new DataException(
          source, "no column " + name + "; the columns are the numbers 0 to " + (width - 1), e);
    }
    int index = number < 0 ? number + width : number;
    if (index < 0 || index >= width) {
      throw new DataException(
          source, "no column " + name + "; the columns are 0 to " + (width - 1));
    }
    return index;
  }

  private void addWord(long line, String word, String tag) {
    if (words.isEmpty()) {
      firstLine = line;
    }
    if (word.isEmpty() || tag.isEmpty()) {
      throw new DataException(
          source, line, word.isEmpty() ? "the word is empty" : "the tag is empty");
    }
    words.add(word);
    tags.add(TagNames.named(source, line, tag, names));
  }

  private void endSentence() {
    if (!words.isEmpty()) {
      sentences.add(new TaggedSentence(words, tags, firstLine));
      words.clear();
      tags.clear();
    }
  }
}
