package io.github.jaubert.cli.options;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Source;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say which data to read and how. */
public final class DataOptions {
  public static final List<String> USUAL_TEXT = List.of("text", "sentence", "sentence1");

  /** GLUE's and SNLI's names for the two texts of a pair. */
  public static final List<Pair> USUAL_PAIRS =
      List.of(
          new Pair("sentence1", "sentence2"),
          new Pair("premise", "hypothesis"),
          new Pair("question1", "question2"),
          new Pair("question", "sentence"),
          new Pair("text", "text_pair"));

  /**
   * What says, beside {@link LabelOptions}, how files are read and what is in them; the embedded
   * job would not heed it.
   */
  private static final Set<String> NEED_TRAIN =
      Set.of(
          "--eval",
          "--text-column",
          "--pair-column",
          "--label-column",
          "--format",
          "--no-header",
          "--cache",
          "--task");

  /** Where rows go that are too many for the memory. */
  private static final Path USUAL_CACHE = Path.of("runs", "data");

  /** Rows of short texts, as objects and with their tokens, take some eight times their file. */
  private static final int OF_MEMORY = 10;

  /** How much larger text is that was packed. */
  private static final int PACKED = 4;

  public static final List<String> USUAL_LABEL = List.of("label", "labels", "gold_label", "score");

  @Option(
      names = "--train",
      paramLabel = "FILE",
      description =
          "The data to learn from: .tsv, .csv, .jsonl or .parquet, but for Parquet also"
              + " packed with gzip or zstd, or a folder with a folder of texts for each label; with"
              + " --task tokens CoNLL, .jsonl or .parquet; with --task qa SQuAD's .json, or columns"
              + " question, context, answer, answer_start. A value in an object of JSON is a column"
              + " by its path, as meta.text. Several files with the same columns: --train again,"
              + " with commas between, or a pattern, as 'data/*.csv.gz'.")
  private List<String> trainFiles;

  private Source train; // null until it is asked for, or if there is none

  @Option(
      names = "--eval",
      paramLabel = "FILE",
      description = "The data to be judged by, with the same columns; as --train several files.")
  private List<String> evalFiles;

  private Source eval;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description =
          "The column of the text, or of the first of a pair; by default text, sentence or sentence1,"
              + " or premise, question or question1 beside the second of the pair.")
  String textColumn;

  @Option(
      names = "--pair-column",
      paramLabel = "NAME",
      description =
          "The column of the second text of a pair; without --text-column by default sentence2,"
              + " hypothesis, question2, sentence beside question, or text_pair. '' for none.")
  String pairColumn;

  @Option(
      names = "--label-column",
      paramLabel = "NAME",
      description =
          "The column of the label or score; by default label, labels, gold_label or score.")
  String labelColumn;

  @Mixin LabelOptions labels;

  @Mixin public SplitOptions split;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "${COMPLETION-CANDIDATES}; by default what the file's name ends in."
              + " QUOTED_TSV is quoted as CSV is. With --task tokens it is CONLL, or JSONL for .jsonl.")
  public FileFormat format;

  @Option(
      names = "--no-header",
      description = "The first line is data; columns are then called 0, 1, 2, …")
  public boolean noHeader;

  @Option(
      names = "--train-limit",
      paramLabel = "ROWS",
      description = "Learn from a random sample of so many rows, or queries of --task rerank.")
  public Integer trainLimit;

  @Option(
      names = "--shots",
      paramLabel = "N",
      description = "Learn from N random rows of each label.")
  Integer shots;

  @Option(
      names = "--eval-limit",
      paramLabel = "ROWS",
      description = "Be judged by a random sample of so many rows, or queries.")
  public Integer evalLimit;

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description =
          "Keep rows and tokens in files in this folder, and not in memory, for labels and scores of"
              + " whole texts; the next run finds them. Default: runs/data for files larger than a"
              + " tenth of the memory that Java may take, otherwise memory.")
  private Path cache;

  /**
   * Both files.
   *
   * @param eval null if there is none
   * @param columns which columns were taken, and which were not, in a line
   */
  public record Opened(TextDataset train, TextDataset eval, String columns) {}

  /** The files to learn from, or to be judged by alone; null if none were named. */
  public Source train() {
    train = train == null && trainFiles != null ? FilePatterns.files(trainFiles) : train;
    return train;
  }

  /** What a column says of each row that is there, in order; empty where it says nothing. */
  public List<String> column(TextDataset rows, String name) {
    TextDataset table = TextDataset.of(rows.origin(), table());
    table = noHeader ? table.noHeader() : table;
    if (!table.columnNames().contains(name)) {
      throw new DataException(
          rows.origin().toString(),
          "no column %s; the columns are %s"
              .formatted(name, String.join(", ", table.columnNames())));
    }
    Map<Long, String> values = new HashMap<>();
    table.text(name).rows().forEach(row -> values.put(row.line(), row.text()));
    return rows.rows().stream().map(row -> values.getOrDefault(row.line(), "").strip()).toList();
  }

  /** The files to be judged by; null if none were named. */
  public Source eval() {
    eval = eval == null && evalFiles != null ? FilePatterns.files(evalFiles) : eval;
    return eval;
  }

  /** The format that was asked for; null for what the name of each file ends in. */
  public TableFormat table() {
    return format == null ? null : format.table();
  }

  /**
   * Refuses what can be seen not to work before anything is read.
   *
   * @throws ParameterException naming the option
   */
  public void check(CommandLine command) {
    if (trainFiles == null) {
      command.getParseResult().matchedOptions().stream()
          .filter(
              option ->
                  NEED_TRAIN.contains(option.longestName())
                      || isOf(option, LabelOptions.class, SplitOptions.class))
          .map(OptionSpec::longestName)
          .findFirst()
          .ifPresent(
              option -> {
                throw new ParameterException(command, option + " needs --train");
              });
    }
    TrainingOptions.atLeast(command, "--train-limit", trainLimit, 1);
    TrainingOptions.atLeast(command, "--shots", shots, 1);
    if (shots != null && trainLimit != null) {
      throw new ParameterException(command, "--shots and --train-limit exclude each other");
    }
    TrainingOptions.atLeast(command, "--eval-limit", evalLimit, 1);
    labels.check(command);
    if (trainFiles != null && evalFiles != null && isSamePipe()) {
      throw new ParameterException(
          command, "--train and --eval are the same pipe, which can be read only once");
    }
  }

  /** Whether one of these classes declares an option. */
  static boolean isOf(OptionSpec option, Class<?>... groups) {
    return option.userObject() instanceof Field field
        && List.of(groups).contains(field.getDeclaringClass());
  }

  private boolean isSamePipe() {
    try {
      for (Path one : train().files()) {
        for (Path other : eval().files()) {
          if (isPipe(one) && isPipe(other) && Files.isSameFile(one, other)) {
            return true;
          }
        }
      }
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private static boolean isPipe(Path file) {
    return Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
  }

  /** Whether there is anything to be judged by. */
  public boolean isJudged() {
    return evalFiles != null || split.isGiven();
  }

  /** As many rows of each label as were asked for. */
  public TextDataset few(TextDataset data, long seed) {
    return shots == null ? data : data.sampleEach(shots, seed);
  }

  /** What a folder in runs/ is called after the data. */
  public String name() {
    List<Path> files = train().files();
    Path first = files.get(0);
    String file = first.toAbsolutePath().getParent().getFileName() + "-" + first.getFileName();
    String more = files.size() == 1 ? "" : "-and-%d-more".formatted(files.size() - 1);
    return (file.replaceAll("\\.[a-zA-Z]+$", "") + more)
        .replaceAll("[^\\w.-]", "_")
        .toLowerCase(Locale.ROOT);
  }

  /** The names of the columns of two texts. */
  public record Pair(String text, String second) {}

  /**
   * The columns that are used.
   *
   * @param pair null if there are no second texts
   */
  private record Columns(String text, String pair, String label) {
    List<String> all() {
      return pair == null ? List.of(text, label) : List.of(text, pair, label);
    }
  }

  /** Reads both files, with the columns of the first in both. */
  public Opened open() {
    TextDataset learned = table(train());
    List<String> header = learned.columnNames();
    Columns chosen = choose(header);
    learned = columns(learned, chosen);
    learned.size(); // which says what is wrong with the columns, if anything is
    TextDataset judged = null;
    if (eval() != null) {
      judged = table(eval());
      requireColumns(judged, header, chosen);
      judged = columns(judged, chosen);
    }
    String columns = said(header, learned, chosen);
    if (split.isGiven()) {
      TextDataset.Split parts = split.of(learned);
      learned = parts.train();
      judged = parts.heldOut();
    }
    TextDataset named = labels.renamed(learned, judged);
    return new Opened(named, judged == null ? null : labels.renamed(judged, learned), columns);
  }

  /**
   * Refuses {@code --cache} where it is not heeded.
   *
   * @throws ParameterException naming the option
   */
  public void checkCache(CommandLine command, Task task) {
    if (cache != null && !task.isOfTexts()) {
      throw new ParameterException(
          command, "--cache is for labels and scores of whole texts, not for --task " + task);
    }
    if (cache != null && split.group() != null) {
      throw new ParameterException(command, "--cache: --group-column needs rows in memory");
    }
  }

  private TextDataset table(Source files) {
    TextDataset data = TextDataset.of(files, table());
    data = noHeader ? data.noHeader() : data;
    if (cache == null && (split.group() != null || !isLarge(files))) {
      return data;
    }
    return data.cachedIn(cache == null ? USUAL_CACHE : cache);
  }

  /** Whether rows and tokens would take more memory than can be hoped for. */
  private static boolean isLarge(Source files) {
    if (!files.canBeReadAgain()) {
      return false;
    }
    long bytes = files.size();
    for (Path file : files.files()) {
      boolean packed = file.toString().matches("(?i).*\\.(gz|zst|parquet)");
      bytes += packed ? (PACKED - 1) * Source.of(file).size() : 0;
    }
    return bytes > Runtime.getRuntime().maxMemory() / OF_MEMORY;
  }

  private TextDataset columns(TextDataset data, Columns chosen) {
    TextDataset read = data.text(chosen.text()).label(chosen.label());
    return labels.read(chosen.pair() == null ? read : read.pair(chosen.pair()));
  }

  private Columns choose(List<String> header) {
    Pair usual =
        USUAL_PAIRS.stream()
            .filter(pair -> textColumn == null)
            .filter(pair -> pairColumn == null || pairColumn.equals(pair.second()))
            .filter(pair -> header.containsAll(List.of(pair.text(), pair.second())))
            .findFirst()
            .orElse(null);
    String pair = pairColumn == null || pairColumn.isEmpty() ? null : pairColumn;
    Columns chosen =
        new Columns(
            usual != null ? usual.text() : choose(header, textColumn, USUAL_TEXT, "--text-column"),
            usual != null ? usual.second() : pair,
            choose(header, labelColumn, USUAL_LABEL, "--label-column"));
    if (chosen.label().equals(chosen.text()) || chosen.label().equals(chosen.pair())) {
      throw new DataException(
          train.toString(), "column %s is both text and label".formatted(chosen.label()));
    }
    if (chosen.text().equals(chosen.pair())) {
      throw new DataException(
          train.toString(), "column %s is both text and second text".formatted(chosen.text()));
    }
    return chosen;
  }

  private String choose(List<String> columns, String wanted, List<String> usual, String option) {
    if (wanted != null) {
      return wanted;
    }
    boolean quoted = columns.stream().allMatch(name -> name.matches("\".*\""));
    return usual.stream()
        .filter(columns::contains)
        .findFirst()
        .orElseThrow(
            () ->
                new DataException(
                    train.toString(),
                    "choose a column with %s; the columns are %s%s"
                        .formatted(
                            option,
                            String.join(", ", columns),
                            quoted ? ", or without quotes with --format quoted_tsv" : "")));
  }

  /** Data is judged by what was learned from only if it is that of the same columns. */
  private void requireColumns(TextDataset judged, List<String> header, Columns chosen) {
    List<String> there = judged.columnNames();
    for (String name : chosen.all()) {
      if (!there.contains(name)) {
        throw new DataException(
            eval.toString(),
            "no column %s; its columns are %s, those of %s are %s"
                .formatted(name, String.join(", ", there), train, String.join(", ", header)));
      }
    }
  }

  private String said(List<String> header, TextDataset data, Columns chosen) {
    List<String> others = new ArrayList<>(header);
    chosen.all().forEach(others::remove);
    others.remove(split.group());
    return data.chosenColumns()
        + (split.group() == null ? "" : ", group: " + split.group())
        + (others.isEmpty()
            ? ""
            : "; not used: "
                + String.join(
                    ", ", others.stream().map(name -> name.isEmpty() ? "''" : name).toList()))
        + " (--text-column, --pair-column, --label-column)";
  }

  public static TextDataset limited(TextDataset data, Integer limit, long seed) {
    return limit == null ? data : data.sample(limit, seed);
  }
}
