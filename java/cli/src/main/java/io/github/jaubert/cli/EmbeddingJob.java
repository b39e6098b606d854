package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.TrainingOptions.Suggestion;
import io.github.jaubert.train.EmbeddingTraining;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.EmbeddingDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ParameterException;

/** Sentences that belong together, and a model that makes vectors of them. */
final class EmbeddingJob implements Job {
  private final Options options;
  private final EmbeddingOptions.Columns columns;
  private final EmbeddingDataset train;
  private final EmbeddingDataset eval; // null if there is none
  private Tokenizer tokenizer; // null until it is opened
  private SentenceEncoder model;

  private EmbeddingJob(
      Options options,
      EmbeddingOptions.Columns columns,
      EmbeddingDataset train,
      EmbeddingDataset eval) {
    this.options = options;
    this.columns = columns;
    this.train = train;
    this.eval = eval;
  }

  /** The files that the options name. */
  static EmbeddingJob files(Options options) {
    DataOptions data = options.data();
    EmbeddingOptions embeddings = options.embeddings();
    EmbeddingOptions.Columns columns = embeddings.columns(data);
    long seed = options.training().seed;
    return new EmbeddingJob(
        options,
        columns,
        limited(embeddings.read(data, data.train, columns), data.trainLimit, seed),
        data.eval == null
            ? null
            : limited(embeddings.read(data, data.eval, columns), data.evalLimit, seed));
  }

  private static EmbeddingDataset limited(EmbeddingDataset data, Integer limit, long seed) {
    return limit == null ? data : data.sample(limit, seed);
  }

  @Override
  public String name() {
    return options.data().name();
  }

  @Override
  public Suggestion suggestion() {
    return Suggestion.FILES;
  }

  @Override
  public Labels labels() {
    return null;
  }

  @Override
  public List<String> said() {
    return List.of(
        "%s to learn from, %s; vectors of sentences by the loss %s"
            .formatted(
                Report.counted(train.size(), "example"),
                eval == null
                    ? "none to be judged by"
                    : String.format(Locale.ROOT, "%,d to be judged by", eval.size()),
                options.embeddings().loss().name()),
        understood());
  }

  private String understood() {
    return "texts: %s%s (--text-column, --pair-column, --negative-column, --label-column)"
        .formatted(
            String.join(", ", columns.texts()),
            columns.score() == null ? "" : "; score: " + columns.score());
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("task", "embeddings");
    json.put("train", train.source());
    json.put("train_examples", train.size());
    json.put("eval", eval == null ? null : eval.source());
    json.put("eval_examples", eval == null ? 0 : eval.size());
    json.putArray("understood").add(understood());
    json.put("pooling", model.pooling().mode());
    json.put("normalize", model.normalize());
  }

  @Override
  public void open(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    model = options.encoder().sentenceEncoder(options.embeddings().pooling());
    for (int count : options.embeddings().matryoshka()) {
      if (count < 1 || count > model.dimensions()) {
        throw new ParameterException(
            options.command(),
            "--matryoshka %d: from 1 to the %d dimensions of the model"
                .formatted(count, model.dimensions()));
      }
    }
  }

  @Override
  public EncoderConfig config() {
    return model.config();
  }

  @Override
  public void baselines(Report report) {}

  @Override
  public Trainer trainer() {
    EmbeddingTraining task =
        EmbeddingTraining.of(model, tokenizer, options.embeddings().loss())
            .train(train)
            .cached(options.embeddings().cached());
    if (options.training().maxLength != null) {
      task.maxLength(options.training().maxLength);
    }
    return Trainer.of(eval == null ? task : task.evaluate(eval));
  }

  @Override
  public void save(Path folder) {
    model.save(folder);
  }

  @Override
  public String judgedBy() {
    return eval == null ? null : Report.counted(eval.size(), "evaluation example");
  }

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (Embeddings embeddings = Pipelines.embeddings(folder)) {
      eval.rows().stream()
          .limit(Report.SHOWN)
          .forEach(
              row -> {
                List<float[]> vectors = embeddings.ofAll(row.texts());
                out.printf(
                    Locale.ROOT,
                    "  %s | %s%n    cosine %.3f%s%n",
                    Report.shortened(row.texts().get(0)),
                    Report.shortened(row.texts().get(1)),
                    cosine(vectors.get(0), vectors.get(1)),
                    eval.hasScores() ? " (its score is " + row.score() + ")" : "");
              });
    }
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

  @Override
  public String moreArguments() {
    return "";
  }

  @Override
  public void close() {
    if (model != null) {
      model.close();
    }
  }
}
