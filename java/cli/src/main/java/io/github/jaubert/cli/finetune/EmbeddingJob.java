package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.EmbeddingOptions;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.train.EmbeddingTraining;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.EmbeddingDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ParameterException;

/** Sentences that belong together, and a model that makes vectors of them. */
public final class EmbeddingJob extends HeadJob<SentenceEncoder> {
  private final EmbeddingOptions.Columns columns;
  private final EmbeddingDataset train;
  private final EmbeddingDataset eval; // null if there is none
  private SentenceEncoder guide; // null without one, or until the job is opened
  private Tokenizer guidesTokenizer;

  private EmbeddingJob(
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
  public static EmbeddingJob files(Options options) {
    DataOptions data = options.data();
    EmbeddingOptions embeddings = options.embeddings();
    EmbeddingOptions.Columns columns = embeddings.columns(data);
    long seed = options.training().seed;
    return new EmbeddingJob(
        options,
        columns,
        limited(embeddings.read(data, data.train(), columns), data.trainLimit, seed),
        data.eval() == null
            ? null
            : limited(
                embeddings.read(data, data.eval(), embeddings.evaluated(data, columns)),
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
  SentenceEncoder newModel() {
    EmbeddingOptions embeddings = options().embeddings();
    SentenceEncoder model = options().encoder().sentenceEncoder(embeddings.pooling());
    for (int count : embeddings.matryoshka()) {
      if (count < 1 || count > model.dimensions()) {
        int most = model.dimensions();
        model.close();
        throw new ParameterException(
            options().command(),
            "--matryoshka %d: from 1 to the %d dimensions of the model".formatted(count, most));
      }
    }
    return model;
  }

  @Override
  public void open(Tokenizer tokenizer) {
    super.open(tokenizer);
    Path folder = options().embeddings().guide();
    if (folder != null) {
      guide = SentenceEncoder.fromPretrained(folder);
      guidesTokenizer = Tokenizer.fromPretrained(folder);
    }
  }

  @Override
  String predicted() {
    return "vectors of sentences by the loss " + options().embeddings().loss().name();
  }

  @Override
  List<String> understood() {
    return List.of(
        "texts: %s%s (--text-column, --pair-column, --negative-column, --label-column)"
            .formatted(
                String.join(", ", columns.texts()),
                columns.score() == null ? "" : "; score: " + columns.score()));
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("task", "embeddings");
    super.describe(json);
    json.put("pooling", model().pooling().mode());
    json.put("normalize", model().normalize());
    if (guide != null) {
      json.put("guide", options().embeddings().guide().toString());
    }
  }

  @Override
  public Trainer trainer() {
    EmbeddingOptions embeddings = options().embeddings();
    EmbeddingTraining task =
        EmbeddingTraining.of(model(), tokenizer(), embeddings.loss())
            .train(train)
            .cached(embeddings.cached())
            .duplicates(embeddings.allowDuplicates());
    if (guide != null) {
      task.guide(guide, guidesTokenizer);
    }
    if (options().training().maxLength != null) {
      task.maxLength(options().training().maxLength);
    }
    return Trainer.of(eval == null ? task : task.evaluate(eval));
  }

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (Embeddings embeddings = Pipelines.embeddings(folder)) {
      eval.rows().stream()
          .limit(Figures.SHOWN)
          .forEach(
              row -> {
                List<float[]> vectors = embeddings.ofAll(row.texts());
                out.printf(
                    Locale.ROOT,
                    "  %s | %s%n    cosine %.3f%s%n",
                    Figures.shortened(row.texts().get(0)),
                    Figures.shortened(row.texts().get(1)),
                    cosine(vectors.get(0), vectors.get(1)),
                    eval.hasScores() ? " (its score is " + row.score() + ")" : "");
              });
    }
  }

  @Override
  public void close() {
    if (guide != null) {
      guide.close();
    }
    if (guidesTokenizer != null) {
      guidesTokenizer.close();
    }
    super.close();
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double left = 0;
    double right = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      left += (double) a[i] * a[i];
      right += (double) b[i] * b[i];
    }
    return product / Math.sqrt(left * right);
  }
}
