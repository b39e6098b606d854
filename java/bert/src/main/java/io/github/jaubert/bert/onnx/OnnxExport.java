package io.github.jaubert.bert.onnx;

import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.LoraModel;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Writes models as ONNX files (opset 17), for ONNX Runtime and what is built on it.
 *
 * <p>Inputs are {@code input_ids}, {@code attention_mask} and, if the model reads them, {@code
 * token_type_ids}: I64 {@code [batch, sequence]}, both of any size, padded at the end. Outputs are
 * F32 and called as in Hugging Face's own exports:
 *
 * <ul>
 *   <li>of a classifier {@code logits [batch, labels]}, of tokens {@code [batch, sequence,
 *       labels]};
 *   <li>of a model for multiple choice, whose inputs are {@code [batch, choices, sequence]}, {@code
 *       logits [batch, choices]};
 *   <li>of a model for masked tokens {@code logits [batch, sequence, vocabulary]};
 *   <li>of a model for questions {@code start_logits} and {@code end_logits [batch, sequence]};
 *   <li>of an encoder of sentences {@code last_hidden_state [batch, sequence, hidden]} and {@code
 *       sentence_embedding [batch, dimensions]}, pooled and normalised as the model says.
 * </ul>
 */
public final class OnnxExport {
  private static final String PRODUCER = "jaubert";

  private OnnxExport() {}

  /**
   * Writes the model of a Hugging Face folder.
   *
   * @param file replaced if it is there
   * @throws CheckpointException if the model cannot be loaded, or the file not be written
   * @throws IllegalArgumentException if there is no ONNX for such a model yet, or it has 2 GiB
   */
  public static void write(Path folder, Path file) {
    if (SentenceClassifier.isIn(folder)) {
      try (SentenceClassifier model = SentenceClassifier.fromPretrained(folder)) {
        write(model, file);
      }
      return;
    }
    try (EncoderModel<?> model = load(folder)) {
      write(model, file);
    }
  }

  private static EncoderModel<?> load(Path folder) {
    if (SentenceEncoder.isIn(folder)) {
      return SentenceEncoder.fromPretrained(folder);
    }
    if (QuestionAnswerer.isIn(folder)) {
      return QuestionAnswerer.fromPretrained(folder);
    }
    if (TokenClassifier.isIn(folder)) {
      return TokenClassifier.fromPretrained(folder);
    }
    if (MultipleChoiceModel.isIn(folder)) {
      return MultipleChoiceModel.fromPretrained(folder);
    }
    if (MaskedLanguageModel.isIn(folder)) {
      return MaskedLanguageModel.fromPretrained(folder);
    }
    return SequenceClassifier.fromPretrained(folder);
  }

  /** The same of a model that is there, of which the weights count that it has now. */
  public static void write(EncoderModel<?> model, Path file) {
    begin(model, file, head -> head.add(model));
  }

  /** The same of a classifier that reads the vectors of sentences. */
  public static void write(SentenceClassifier classifier, Path file) {
    begin(classifier.encoder(), file, head -> head.add(classifier));
  }

  private static void begin(EncoderModel<?> model, Path file, Consumer<HeadGraph> head) {
    if (LoraModel.isAdapted(model)) {
      throw new IllegalArgumentException(
          "the model has adapters; merge them into it before it is written as ONNX");
    }
    GraphBuilder graph = new GraphBuilder();
    EncoderGraph encoder = EncoderGraph.of(graph, model);
    head.accept(new HeadGraph(graph, encoder.parts(), encoder.hidden()));
    graph.requireOneFile();
    AtomicFile.write(
        file,
        out -> {
          OutputStream buffered = new BufferedOutputStream(out, 1 << 16);
          graph.writeTo(buffered, PRODUCER);
          buffered.flush();
        });
  }
}
