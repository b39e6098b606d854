package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.RankedPassage;
import io.github.jaubert.bert.pipeline.Reranker;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.RankingOptions;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.train.RankingLoss;
import io.github.jaubert.train.Reranking;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingSettings;
import io.github.jaubert.train.data.RankingDataset;
import io.github.jaubert.train.data.Source;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Queries with passages, and a cross-encoder that puts these in order. */
public final class RankingJob extends HeadJob<SequenceClassifier> {
  /** Queries of a batch, each with all its passages, where a loss compares these. */
  private static final int QUERIES = 8;

  private final RankingOptions.Columns columns;
  private final RankingDataset train;
  private final RankingDataset eval; // null if there is none

  private RankingJob(
      Options options, RankingOptions.Columns columns, RankingDataset train, RankingDataset eval) {
    super(options, "passage", Labels.score(), data(train), eval == null ? null : data(eval));
    this.columns = columns;
    this.train = train;
    this.eval = eval;
  }

  private static Data data(RankingDataset data) {
    return new Data(data.source(), data.size());
  }

  /** The files that the options name. */
  public static RankingJob files(Options options) {
    DataOptions data = options.data();
    RankingOptions.Columns columns = RankingOptions.columns(data);
    return new RankingJob(
        options,
        columns,
        read(options, data.train(), columns, data.trainLimit),
        data.eval() == null ? null : read(options, data.eval(), columns, data.evalLimit));
  }

  private static RankingDataset read(
      Options options, Source files, RankingOptions.Columns columns, Integer limit) {
    RankingDataset all =
        options.ranking().read(options.data(), files, columns, options.embeddings().scoreMax());
    return limit == null ? all : all.sample(limit, options.training().seed);
  }

  @Override
  public String name() {
    return options().data().name();
  }

  @Override
  public Suggestion suggestion() {
    return options().ranking().loss().over() == RankingLoss.Over.PASSAGES
        ? Suggestion.FILES
        : new Suggestion(TrainingSettings.defaults().batchSize(QUERIES), 1);
  }

  @Override
  SequenceClassifier newModel() {
    return options()
        .encoder()
        .classifier(
            options().command(),
            labels(),
            SequenceClassifier::headOutputs,
            SequenceClassifier::fromPretrained,
            SequenceClassifier::of);
  }

  @Override
  String predicted() {
    return "a score of each, by the loss " + options().ranking().loss().name();
  }

  @Override
  List<String> understood() {
    return List.of(
        "queries: %s, passages: %s, score: %s (--text-column, --pair-column, --label-column)"
            .formatted(columns.query(), columns.passage(), columns.score()),
        "%s to learn from%s"
            .formatted(
                queries(train), eval == null ? "" : ", " + queries(eval) + " to be judged by"));
  }

  private static String queries(RankingDataset data) {
    int count = data.queries().size();
    return String.format(
        Locale.ROOT,
        "%,d quer%s, at most %,d passages each",
        count,
        count == 1 ? "y" : "ies",
        data.queries().stream().mapToInt(rows -> rows.length).max().orElseThrow());
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("task", "rerank");
    super.describe(json);
  }

  @Override
  public Trainer trainer() {
    Reranking task = Reranking.of(model(), tokenizer(), options().ranking().loss()).train(train);
    options().ranking().apply(task);
    if (options().training().maxLength != null) {
      task.maxLength(options().training().maxLength);
    }
    return Trainer.of(eval == null ? task : task.evaluate(eval));
  }

  // ---- what came of it ----

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (Reranker reranker = Pipelines.rerank(folder)) {
      eval.queries().stream()
          .limit(Figures.SHOWN)
          .forEach(
              rows -> {
                List<RankingDataset.Row> all =
                    Arrays.stream(rows).mapToObj(eval.rows()::get).toList();
                RankedPassage best =
                    reranker
                        .rerank(
                            all.get(0).query(),
                            all.stream().map(RankingDataset.Row::passage).toList())
                        .get(0);
                RankingDataset.Row row = all.get(best.index());
                out.printf(
                    Locale.ROOT,
                    "  %s%n    best of %d: %.3f %s (its score is %s)%n",
                    Figures.shortened(row.query()),
                    rows.length,
                    best.score(),
                    Figures.shortened(row.passage()),
                    row.score());
              });
    }
  }

  @Override
  public String moreArguments() {
    return " --pair \"a passage\" --pair \"another\"";
  }
}
