package io.github.jaubert.cli.options;

import io.github.jaubert.train.TokenTagging;
import io.github.jaubert.train.data.AlignedDataset.Labelled;
import io.github.jaubert.train.data.Source;
import io.github.jaubert.train.data.TaggedDataset;
import io.github.jaubert.train.metrics.TagScheme;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code --task tokens}: where words and tags stand, and what tags mean. */
public final class TagOptions {
  /** What the other tasks alone heed, beside {@link LabelOptions} and {@link MetricOptions}. */
  private static final Set<String> TEXTS =
      Set.of(
          "--text-column",
          "--pair-column",
          "--label-column",
          "--no-header",
          "--class-weights",
          "--focal-gamma",
          "--focal-alpha",
          "--shots");

  @Option(
      names = "--word-column",
      paramLabel = "N|KEY",
      description =
          "With --task tokens, the column of the words: of CoNLL a number from 0, or from -1"
              + " backwards; of JSON lines a key. Default: 0; tokens or words.")
  private String words;

  @Option(
      names = "--tag-column",
      paramLabel = "N|KEY",
      description = "The column of their tags. Default: -1; ner_tags, tags or labels.")
  private String tags;

  @Option(
      names = "--tag-names",
      split = ",",
      paramLabel = "NAME,NAME",
      hideParamSyntax = true,
      description = "What the tags are called that the data gives as the numbers 0, 1, …")
  private List<String> names = List.of();

  @Option(
      names = "--tag-scheme",
      paramLabel = "SCHEME",
      description =
          "How tags say where entities begin and end: ${COMPLETION-CANDIDATES}. Default:"
              + " ${DEFAULT-VALUE}, which takes any.")
  public TagScheme scheme = TagScheme.CONLLEVAL;

  @Option(
      names = "--labelled",
      paramLabel = "TOKENS",
      description =
          "Which tokens of a word have its tag, ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  public Labelled labelled = Labelled.FIRST;

  /**
   * Refuses options of other tasks than the one that was chosen.
   *
   * @throws ParameterException naming the first of them
   */
  public static void check(CommandLine command, Task task, FileFormat format) {
    boolean tokens = task == Task.TOKENS;
    if (tokens) {
      TaskOptions.refuse(
          command,
          TEXTS,
          List.of(LabelOptions.class, MetricOptions.class),
          "is for labels of whole texts, not for --task tokens");
    } else {
      TaskOptions.refuseOf(command, TagOptions.class, "tokens", Set.of());
    }
    if (!tokens && format == FileFormat.CONLL) {
      throw new ParameterException(command, "--format conll is for --task tokens");
    }
    if (tokens && format != null && format != FileFormat.CONLL && !format.table().namesColumns()) {
      throw new ParameterException(
          command,
          "--format %s: tagged words are read from conll, jsonl and parquet"
              .formatted(format.name().toLowerCase(Locale.ROOT)));
    }
  }

  /**
   * Has a task judged by other sentences.
   *
   * @throws ParameterException if a tag does not belong to the scheme
   */
  public void judge(CommandLine command, TokenTagging task, TaggedDataset data) {
    try {
      task.evaluate(data, scheme);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, "--tag-scheme: " + e.getMessage(), e);
    }
  }

  /**
   * Files as the options say.
   *
   * @param format null for what their names end in
   */
  public TaggedDataset read(Source files, FileFormat format) {
    FileFormat its = format == null ? FileFormat.ofTaggedWords(files) : format;
    TaggedDataset data =
        its == FileFormat.CONLL
            ? TaggedDataset.conll(files)
            : TaggedDataset.objects(files, its.table());
    data = words == null ? data : data.words(words);
    data = tags == null ? data : data.tags(tags);
    return names.isEmpty() ? data : data.names(names.toArray(String[]::new));
  }
}
