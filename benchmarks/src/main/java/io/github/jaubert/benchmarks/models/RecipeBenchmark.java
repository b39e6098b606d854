package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.demo.MiniLm;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.TrainingSettings;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.MatthewsCorrelation;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What MiniLM reaches on labelled texts with the defaults of {@link Trainer}, or with other rates
 * and numbers of steps. One run after the other, the last evaluation of each; no evaluation chooses
 * anything.
 */
@Command(
    name = "recipes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Fine-tunes MiniLM on DIR/SET.train.tsv (columns text, label, perhaps pair), evaluates it on"
          + " DIR/SET.dev.tsv, and prints a line of Markdown a run: set, recipe, seed, metrics.",
      "Without --learning-rate and --epochs these are the defaults of Trainer."
    })
public final class RecipeBenchmark implements Callable<Integer> {
  @Option(names = "--data", paramLabel = "DIR", required = true, description = "The folder.")
  private Path data;

  @Option(
      names = "--sets",
      paramLabel = "SET",
      split = ",",
      required = true,
      description = "Names.")
  private List<String> sets;

  @Option(names = "--seeds", paramLabel = "N", split = ",", description = "Default: 1,2,3.")
  private List<Long> seeds = List.of(1L, 2L, 3L);

  @Option(names = "--learning-rate", paramLabel = "RATE", description = "The largest.")
  private Float learningRate;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the set.")
  private Integer epochs;

  @Option(
      names = "--head-lr-scale",
      paramLabel = "FACTOR",
      description = "How much larger the rate of pooler and classifier is. Default: 1.")
  private float headScale = 1;

  @Option(names = "--batch-size", paramLabel = "N", description = "Default: 32.")
  private int batchSize = 32;

  /** Trains and prints. */
  public static void main(String[] arguments) {
    MeasuringProgram.run(new RecipeBenchmark(), arguments);
  }

  @Override
  public Integer call() {
    for (String set : sets) {
      for (long seed : seeds) {
        TrainingResult result = run(set, seed);
        System.out.printf(
            "| %s | rate %s, %s epochs, %d steps, head x %s, batches of %d | %d | %s | %.0f s |%n",
            set,
            result.settings().get("learning_rate"),
            result.settings().get("epochs"),
            result.steps(),
            headScale,
            batchSize,
            seed,
            result.metrics(),
            result.seconds());
      }
    }
    return 0;
  }

  private TrainingResult run(String set, long seed) {
    TextDataset train = table(set + ".train.tsv");
    Rng.seed(seed);
    try (Tokenizer tokenizer = MiniLm.tokenizer();
        SequenceClassifier model =
            SequenceClassifier.of(MiniLm.encoder(), Labels.of(train.labelNames()))) {
      TrainingSettings settings = TrainingSettings.defaults().batchSize(batchSize).seed(seed);
      if (learningRate != null) {
        settings = settings.learningRate(learningRate);
      }
      if (epochs != null) {
        settings = settings.epochs(epochs);
      }
      if (headScale != 1) {
        settings = settings.learningRateScale("^classifier\\.|\\.pooler\\.", headScale);
      }
      return Trainer.of(
              SequenceClassification.of(model, tokenizer)
                  .train(train)
                  .evaluate(table(set + ".dev.tsv"), new Accuracy(), new MatthewsCorrelation()))
          .settings(settings)
          .run();
    }
  }

  private TextDataset table(String name) {
    TextDataset rows = TextDataset.tsv(data.resolve(name)).text("text").label("label");
    return TextDataset.tsv(data.resolve(name)).columnNames().contains("pair")
        ? rows.pair("pair")
        : rows;
  }
}
