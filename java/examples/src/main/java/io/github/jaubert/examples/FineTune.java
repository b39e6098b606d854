package io.github.jaubert.examples;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import java.nio.file.Path;

/**
 * Fine-tunes a Hugging Face folder on sentences with two labels, saves one that {@code
 * transformers} loads, and uses it.
 */
public final class FineTune {
  private FineTune() {}

  /** Fine-tunes {@code dir} and writes {@code out}. */
  public static void fineTune(Path dir, Path train, Path dev, Path runDir, Path out) {
    // README: finetune
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(dir);
        SequenceClassifier model =
            SequenceClassifier.fromPretrained(dir, Labels.of("negative", "positive"))) {
      Trainer.of(
              SequenceClassification.of(model, tokenizer)
                  .train(TextDataset.tsv(train).text("sentence").label("label"))
                  .evaluate(TextDataset.tsv(dev).text("sentence").label("label"), new Accuracy()))
          .with(settings -> settings.seed(42))
          .checkpoints(runDir) // resume = run the same program again
          .run();
      model.save(out); // transformers loads it
    }
    // README: end
  }

  /** Prints what the model says of a sentence. */
  public static void classify(Path out) {
    // README: use
    try (TextClassification classify = Pipelines.textClassification(out)) {
      System.out.println(
          classify.of("A warm, funny, engaging film.")); // [positive 0.998, negative 0.002]
    }
    // README: end
  }

  /** The folder of the model, the two files and where to write, as arguments. */
  public static void main(String[] arguments) {
    Path out = Path.of(arguments[3]);
    fineTune(
        Path.of(arguments[0]),
        Path.of(arguments[1]),
        Path.of(arguments[2]),
        out.resolveSibling(out.getFileName() + ".run"),
        out);
    classify(out);
  }
}
