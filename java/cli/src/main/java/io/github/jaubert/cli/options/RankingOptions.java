package io.github.jaubert.cli.options;

import io.github.jaubert.train.RankingLoss;
import io.github.jaubert.train.Reranking;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.RankingDataset;
import io.github.jaubert.train.data.Source;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code --task rerank}: the loss, what is relevant, and where the texts stand. */
public final class RankingOptions {
  private static final Set<String> NOT_HEEDED =
      Set.of("--label-smoothing", "--class-weights", "--focal-gamma", "--focal-alpha", "--shots");

  private static final List<List<String>> USUAL =
      List.of(
          List.of("query", "passage"),
          List.of("query", "document"),
          List.of("query", "doc"),
          List.of("query", "docs"),
          List.of("query", "text"),
          List.of("query", "answer"),
          List.of("question", "passage"),
          List.of("question", "sentence"),
          List.of("question", "answer"),
          List.of("sentence1", "sentence2"),
          List.of("text", "text_pair"));

  private static final List<String> USUAL_SCORE =
      List.of("score", "label", "relevance", "scores", "labels");

  /** The losses by name. */
  enum Loss {
    BINARY,
    MSE,
    RANKNET,
    LISTNET;

    RankingLoss loss() {
      return switch (this) {
        case BINARY -> RankingLoss.binaryCrossEntropy();
        case MSE -> RankingLoss.meanSquaredError();
        case RANKNET -> RankingLoss.rankNet();
        case LISTNET -> RankingLoss.listNet();
      };
    }
  }

  @Option(
      names = "--ranking-loss",
      paramLabel = "LOSS",
      description =
          "With --task rerank: ${COMPLETION-CANDIDATES}. BINARY is for scores from 0 to 1, MSE for"
              + " any; RANKNET and LISTNET compare the passages of a query, and --batch-size then"
              + " counts queries (default: 8). Default: BINARY.")
  private Loss loss;

  @Option(
      names = "--most-passages",
      paramLabel = "N",
      description =
          "With RANKNET and LISTNET, read N passages of a query at once: one of the best and others,"
              + " drawn anew in each epoch. Default: all.")
  private Integer mostPassages;

  @Option(
      names = "--relevant",
      paramLabel = "LABEL",
      description = "The label of relevant passages, if labels are no numbers, such as yes.")
  private String relevant;

  @Option(
      names = "--relevant-above",
      paramLabel = "X",
      description =
          "A passage of --eval is relevant, for MRR and MAP, if its score is above this. Default: 0.")
  private Float relevantAbove;

  @Option(
      names = "--at-k",
      paramLabel = "N",
      description = "How many of the best passages NDCG and MRR look at. Default: 10.")
  private Integer first;

  /**
   * Refuses options of other tasks than the one that was chosen.
   *
   * @throws ParameterException naming the first of them
   */
  public void check(CommandLine command, Task task) {
    if (task == Task.RERANK) {
      TaskOptions.refuse(
          command,
          NOT_HEEDED,
          List.of(LabelOptions.class, MetricOptions.class, TeacherOptions.class),
          "is not for --task rerank");
    } else {
      TaskOptions.refuseOf(command, RankingOptions.class, "rerank", Set.of());
    }
    TrainingOptions.atLeast(command, "--at-k", first, 1);
    TrainingOptions.atLeast(command, "--most-passages", mostPassages, 2);
    if (mostPassages != null && loss().over() == RankingLoss.Over.PASSAGES) {
      throw new ParameterException(
          command, "--most-passages is for --ranking-loss ranknet or listnet");
    }
    if (relevantAbove != null && !Float.isFinite(relevantAbove)) {
      throw new ParameterException(
          command, "--relevant-above " + relevantAbove + ": a finite number");
    }
  }

  public RankingLoss loss() {
    return (loss == null ? Loss.BINARY : loss).loss();
  }

  /** Sets what belongs to the task. */
  public void apply(Reranking task) {
    if (first != null) {
      task.first(first);
    }
    if (mostPassages != null) {
      task.mostPassages(mostPassages);
    }
    if (relevantAbove != null) {
      task.relevantAbove(relevantAbove);
    }
  }

  /** Which columns of a file are read. */
  public record Columns(String query, String passage, String score) {}

  /** Chooses the columns. */
  public static Columns columns(DataOptions data) {
    List<String> header = RankingDataset.columns(data.train(), data.table(), !data.noHeader);
    String there = "; the columns are " + String.join(", ", header);
    if ((data.textColumn == null) != (data.pairColumn == null)) {
      throw new DataException(
          data.train().toString(),
          "a query has passages: choose both --text-column and --pair-column" + there);
    }
    List<String> texts =
        data.textColumn != null
            ? List.of(data.textColumn, data.pairColumn)
            : USUAL.stream()
                .filter(header::containsAll)
                .findFirst()
                .orElseThrow(
                    () ->
                        new DataException(
                            data.train().toString(),
                            "choose the columns of query and passage with --text-column and --pair-column"
                                + there));
    String score =
        data.labelColumn != null
            ? data.labelColumn
            : USUAL_SCORE.stream()
                .filter(header::contains)
                .findFirst()
                .orElseThrow(
                    () ->
                        new DataException(
                            data.train().toString(),
                            "choose the column of the score with --label-column" + there));
    return new Columns(texts.get(0), texts.get(1), score);
  }

  /**
   * Reads a file.
   *
   * @param scoreMax what scores are divided by
   */
  public RankingDataset read(DataOptions data, Source files, Columns columns, float scoreMax) {
    RankingDataset read =
        RankingDataset.read(
            files,
            data.table(),
            columns.query(),
            columns.passage(),
            columns.score(),
            relevant,
            !data.noHeader);
    return scoreMax == 1 ? read : read.divideScores(scoreMax);
  }
}
