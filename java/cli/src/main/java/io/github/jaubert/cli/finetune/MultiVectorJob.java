package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultiVectorSettings;
import io.github.jaubert.bert.pipeline.LateInteraction;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.RankedPassage;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.EmbeddingOptions;
import io.github.jaubert.cli.options.MultiVectorOptions;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.train.MultiVectorTraining;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.EmbeddingDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Queries and documents that answer them, and a model that makes vectors of their tokens. */
public final class MultiVectorJob extends HeadJob<MultiVectorEncoder> {
  private static final int SEARCHED = 20; // documents that an answer is looked for in

  private final EmbeddingOptions.Columns columns;
  private final EmbeddingDataset train;
  private final EmbeddingDataset eval; // null if there is none

  private MultiVectorJob(
      Options options,
      EmbeddingOptions.Columns columns,
      EmbeddingDataset train,
      EmbeddingDataset eval) {
    super(options, "example", null, data(train), eval == null ? null : data(eval));
    this.columns = columns;
    this.train = train;
    this.eval = eval;
  }

  private static Data data(EmbeddingDataset data) {
    return new Data(data.source(), data.size());
  }

  /** The files that the options name. */
  public static MultiVectorJob files(Options options) {
    DataOptions data = options.data();
    EmbeddingOptions texts = options.embeddings().forPairs();
    EmbeddingOptions.Columns columns = texts.columns(data);
    long seed = options.training().seed;
    return new MultiVectorJob(
        options,
        columns,
        limited(texts.read(data, data.train(), columns), data.trainLimit, seed),
        data.eval() == null
            ? null
            : limited(
                texts.read(data, data.eval(), texts.evaluated(data, columns)),
                data.evalLimit,
                seed));
  }

  private static EmbeddingDataset limited(EmbeddingDataset data, Integer limit, long seed) {
    return limit == null ? data : data.sample(limit, seed);
  }

  @Override
  public String name() {
    return options().data().name();
  }

  @Override
  public Suggestion suggestion() {
    return Suggestion.FILES;
  }

  @Override
  MultiVectorEncoder newModel() {
    MultiVectorOptions own = options().multiVector();
    MultiVectorEncoder model =
        options().encoder().multiVectorEncoder(options().command(), tokenizer(), own.dimensions());
    own.apply(model);
    return model;
  }

  @Override
  String predicted() {
    return "vectors of tokens by late interaction";
  }

  @Override
  List<String> understood() {
    return List.of(
        "texts: %s (--text-column, --pair-column, --negative-column)"
            .formatted(String.join(", ", columns.texts())));
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("task", "colbert");
    super.describe(json);
    MultiVectorSettings settings = model().settings();
    json.put("token_dimensions", model().dimensions());
    json.put("query_length", settings.queryLength());
    json.put("document_length", settings.documentLength());
    json.put("query_expansion", settings.expandsQueries());
    json.put("attend_to_expansion", settings.attendsToExpansion());
  }

  @Override
  public Trainer trainer() {
    MultiVectorTraining task =
        MultiVectorTraining.of(model(), tokenizer())
            .train(train)
            .duplicates(options().embeddings().allowDuplicates());
    options().multiVector().apply(task);
    if (options().training().maxLength != null) {
      task.maxLength(options().training().maxLength);
    }
    return Trainer.of(eval == null ? task : task.evaluate(eval));
  }

  @Override
  public void answers(Path folder, PrintWriter out) {
    List<EmbeddingDataset.Row> rows = eval.rows().stream().limit(SEARCHED).toList();
    List<String> documents = rows.stream().map(row -> row.texts().get(1)).distinct().toList();
    try (LateInteraction pipeline = Pipelines.lateInteraction(folder)) {
      rows.stream()
          .limit(Figures.SHOWN)
          .forEach(
              row -> {
                RankedPassage best = pipeline.rank(row.texts().get(0), documents).get(0);
                String found = documents.get(best.index());
                out.printf(
                    Locale.ROOT,
                    "  %s%n    best of %d: %.3f %s%s%n",
                    Figures.shortened(row.texts().get(0)),
                    documents.size(),
                    best.score(),
                    Figures.shortened(found),
                    found.equals(row.texts().get(1)) ? " (its own)" : "");
              });
    }
  }

  @Override
  public String moreArguments() {
    return " --pair \"a document\" --pair \"another\"";
  }
}
