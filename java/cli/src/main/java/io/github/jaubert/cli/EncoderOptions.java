package io.github.jaubert.cli;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.demo.MiniLm;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that say which model to begin with. */
final class EncoderOptions {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "A Hugging Face folder of a BERT or DistilBERT. Default: all-MiniLM-L6-v2, which comes with the command.")
  private Path model;

  @Option(
      names = "--new-head",
      description =
          "Begin with a new head even if the model has one; its labels may then have any names.")
  private boolean newHead;

  void check(CommandLine command) {
    ModelOption.check(command, model);
  }

  /** The folder, or what the model is called that comes with the command. */
  String name() {
    return model == null ? "all-MiniLM-L6-v2" : model.toString();
  }

  boolean isNewHead() {
    return newHead;
  }

  Tokenizer tokenizer() {
    return model == null ? MiniLm.tokenizer() : Tokenizer.fromPretrained(model);
  }

  /** A classifier of whole texts, with the head that there is if it fits. */
  SequenceClassifier sequenceClassifier(CommandLine command, Labels labels) {
    return keepsHead(command, model == null ? 0 : SequenceClassifier.headOutputs(model), labels)
        ? SequenceClassifier.fromPretrained(model, labels)
        : SequenceClassifier.of(encoder(), labels);
  }

  /** A classifier of tokens, with the head that there is if it fits. */
  TokenClassifier tokenClassifier(CommandLine command, Labels labels) {
    return keepsHead(command, model == null ? 0 : TokenClassifier.headOutputs(model), labels)
        ? TokenClassifier.fromPretrained(model, labels)
        : TokenClassifier.of(encoder(), labels);
  }

  private Encoder encoder() {
    return model == null ? MiniLm.encoder() : Encoder.fromPretrained(model);
  }

  /** A head that was trained for something else is of no use here. */
  private boolean keepsHead(CommandLine command, int outputs, Labels labels) {
    if (model == null || newHead) {
      return false;
    }
    boolean fits = outputs == 0 || outputs == labels.size();
    if (!fits) {
      command
          .getOut()
          .printf("a new head, for that of %s has %s%n", model, Report.counted(outputs, "output"));
    }
    return fits;
  }
}
