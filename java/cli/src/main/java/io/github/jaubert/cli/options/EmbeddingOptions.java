package io.github.jaubert.cli.options;

import io.github.jaubert.bert.Pooling;
import io.github.jaubert.train.EmbeddingLoss;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EmbeddingDataset;
import io.github.jaubert.train.data.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code --task embeddings}: the loss, the pooling, and where the texts stand. */
public final class EmbeddingOptions {
  /** What else it heeds of the options for data. */
  private static final Set<String> NOT_HEEDED =
      Set.of(
          "--label-smoothing",
          "--class-weights",
          "--focal-gamma",
          "--focal-alpha",
          "--shots",
          "--head-lr-scale",
          "--new-head");

  private static final List<List<String>> USUAL =
      List.of(
          List.of("anchor", "positive"),
          List.of("query", "positive"),
          List.of("query", "answer"),
          List.of("sentence1", "sentence2"),
          List.of("question1", "question2"),
          List.of("question", "answer"),
          List.of("premise", "hypothesis"));

  private static final List<String> USUAL_SCORE = List.of("score", "label", "similarity");

  /** The losses by name. */
  enum Loss {
    MNR,
    COSENT,
    COSINE,
    TRIPLET,
    GIST;

    EmbeddingLoss loss() {
      return switch (this) {
        case MNR -> EmbeddingLoss.multipleNegativesRanking();
        case COSENT -> EmbeddingLoss.cosent();
        case COSINE -> EmbeddingLoss.cosineSimilarity();
        case TRIPLET -> EmbeddingLoss.triplet();
        case GIST -> EmbeddingLoss.gist();
      };
    }
  }

  @Option(
      names = "--loss",
      paramLabel = "LOSS",
      description =
          "With --task embeddings: ${COMPLETION-CANDIDATES}. MNR (MultipleNegativesRanking) is for"
              + " pairs that belong together, perhaps with a negative; COSENT and COSINE are for"
              + " pairs with a score; TRIPLET is for anchor, positive, negative; GIST is as MNR,"
              + " where --guide says what is no negative.")
  private Loss loss;

  @Option(
      names = "--guide",
      paramLabel = "MODEL",
      description =
          "For --loss gist: a folder, or a name on the Hub, of an encoder of sentences that tells which texts of a batch"
              + " are no negatives.")
  private Path guide;

  @Option(
      names = "--negative-column",
      paramLabel = "NAME",
      description = "The column of texts that do not belong to the anchor. Default: negative.")
  private String negative;

  @Option(
      names = "--score-max",
      paramLabel = "NUMBER",
      description = "What scores are divided by, such as 5 for those from 0 to 5. Default: 1.")
  private Float scoreMax;

  @Option(
      names = "--pooling",
      paramLabel = "POOLING",
      description =
          "${COMPLETION-CANDIDATES}: how tokens become one vector. Default: what the model's folder"
              + " says, or MEAN.")
  private Pooling pooling;

  @Option(
      names = "--matryoshka",
      split = ",",
      paramLabel = "N,N",
      hideParamSyntax = true,
      description = "Train the first N dimensions by themselves, for each of these numbers.")
  private int[] matryoshka;

  @Option(
      names = "--cached",
      paramLabel = "N",
      description =
          "Compute a batch in parts of N sentences, so that a large one takes little memory"
              + " (GradCache).")
  private Integer cached;

  @Option(
      names = "--allow-duplicates",
      description =
          "A batch of MNR or GIST may have a text twice. Without, it has none, as"
              + " sentence-transformers' NO_DUPLICATES does it.")
  private boolean allowDuplicates;

  /**
   * Refuses options of other tasks than the one that was chosen.
   *
   * @throws ParameterException naming the first of them
   */
  public void check(CommandLine command, Task task, DataOptions data) {
    boolean embeddings = task == Task.EMBEDDINGS;
    if (embeddings) {
      TaskOptions.refuse(
          command,
          NOT_HEEDED,
          List.of(LabelOptions.class, MetricOptions.class, TeacherOptions.class),
          "is not for --task embeddings");
    } else {
      TaskOptions.refuseOf(
          command,
          EmbeddingOptions.class,
          "embeddings",
          switch (task) {
            case RERANK -> Set.of("--score-max");
            case COLBERT -> MultiVectorOptions.SHARED;
            default -> Set.of();
          });
    }
    if (embeddings && data.train() == null) {
      throw new ParameterException(command, "--task embeddings needs --train");
    }
    if (embeddings && loss == null) {
      throw new ParameterException(
          command, "--task embeddings needs --loss: mnr, cosent, cosine, triplet or gist");
    }
    if (embeddings && (loss == Loss.GIST) != (guide != null)) {
      throw new ParameterException(
          command, guide == null ? "--loss gist needs --guide" : "--guide is for --loss gist");
    }
    guide = ModelOption.folder(command, "--guide", guide);
    TrainingOptions.atLeast(command, "--cached", cached, 1);
    if (scoreMax != null && !(scoreMax > 0)) {
      throw new ParameterException(command, "--score-max " + scoreMax + ": a number above 0");
    }
  }

  /** What scores are divided by. */
  public float scoreMax() {
    return scoreMax == null ? 1 : scoreMax;
  }

  public Pooling pooling() {
    return pooling;
  }

  /** The folder of the guide; null without one. */
  public Path guide() {
    return guide;
  }

  public int cached() {
    return cached == null ? 0 : cached;
  }

  public boolean allowDuplicates() {
    return allowDuplicates;
  }

  public EmbeddingLoss loss() {
    return matryoshka == null ? loss.loss() : EmbeddingLoss.matryoshka(loss.loss(), matryoshka);
  }

  /** How many of the first dimensions are trained by themselves, each time; none without. */
  public int[] matryoshka() {
    return matryoshka == null ? new int[0] : matryoshka;
  }

  /** Which columns of a file are read. */
  public record Columns(List<String> texts, String score) {}

  /** Takes all rows for texts that belong together. */
  public EmbeddingOptions forPairs() {
    loss = Loss.MNR;
    return this;
  }

  /** Takes the loss that suits the columns: none is learnt by, but it says what rows hold. */
  public EmbeddingOptions forJudging(DataOptions data) {
    List<String> header = EmbeddingDataset.columns(data.train(), data.table(), !data.noHeader);
    boolean scores = data.labelColumn != null || USUAL_SCORE.stream().anyMatch(header::contains);
    loss = scores ? Loss.COSENT : Loss.MNR;
    return this;
  }

  /** Chooses the columns. */
  public Columns columns(DataOptions data) {
    List<String> header = EmbeddingDataset.columns(data.train(), data.table(), !data.noHeader);
    List<String> texts = texts(data.train(), header, data.textColumn, data.pairColumn);
    if (loss.loss().data() == EmbeddingLoss.Data.SCORES) {
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
                              "choose the column of the score with --label-column; the columns are "
                                  + String.join(", ", header)));
      return new Columns(texts, score);
    }
    if (negative != null || header.contains("negative")) {
      texts.add(negative == null ? "negative" : negative);
    }
    return new Columns(texts, null);
  }

  /** The columns of the file to be judged by, which need no negatives. */
  public Columns evaluated(DataOptions data, Columns columns) {
    List<String> header = EmbeddingDataset.columns(data.eval(), data.table(), !data.noHeader);
    return columns.texts().size() == 2 || header.contains(columns.texts().get(2))
        ? columns
        : new Columns(columns.texts().subList(0, 2), columns.score());
  }

  /**
   * The two columns of texts, in a list that can be added to.
   *
   * @param first null to choose from the usual names, and so is {@code second}
   */
  public static List<String> texts(Source files, List<String> header, String first, String second) {
    if ((first == null) != (second == null)) {
      throw new DataException(
          files.toString(),
          "a pair has two texts: choose both --text-column and --pair-column; the columns are "
              + String.join(", ", header));
    }
    List<String> chosen =
        first != null
            ? List.of(first, second)
            : USUAL.stream()
                .filter(header::containsAll)
                .findFirst()
                .orElseThrow(
                    () ->
                        new DataException(
                            files.toString(),
                            "choose two columns with --text-column and --pair-column; the columns"
                                + " are "
                                + String.join(", ", header)));
    return new ArrayList<>(chosen);
  }

  /** Reads a file. */
  public EmbeddingDataset read(DataOptions data, Source files, Columns columns) {
    EmbeddingDataset read =
        EmbeddingDataset.read(
            files, data.table(), columns.texts(), columns.score(), !data.noHeader);
    if (scoreMax != null && columns.score() != null) {
      read = read.divideScores(scoreMax);
    }
    if (loss == Loss.COSINE) {
      read.rows().stream()
          .filter(row -> Math.abs(row.score()) > 1)
          .findFirst()
          .ifPresent(
              row -> {
                throw new DataException(
                    files,
                    row.line(),
                    "score %s is no cosine; --score-max divides scores".formatted(row.score()));
              });
    }
    return read;
  }
}
