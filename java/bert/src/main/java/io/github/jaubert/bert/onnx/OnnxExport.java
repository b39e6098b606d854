package io.github.jaubert.bert.onnx;

import static io.github.jaubert.bert.onnx.GraphBuilder.attribute;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.LoraModel;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.distilbert.DistilBertConfig;
import io.github.jaubert.bert.models.electra.ElectraConfig;
import io.github.jaubert.nn.Activation;
import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;

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
    try (EncoderModel<?> model = load(folder)) {
      write(model, file);
    }
  }

  private static EncoderModel<?> load(Path folder) {
    if (SentenceClassifier.isIn(folder)) {
      throw new IllegalArgumentException(
          folder + ": a classifier of sentences' vectors cannot be written as ONNX yet");
    }
    if (SentenceEncoder.isIn(folder)) {
      return SentenceEncoder.fromPretrained(folder);
    }
    if (QuestionAnswerer.isIn(folder)) {
      return QuestionAnswerer.fromPretrained(folder);
    }
    if (TokenClassifier.isIn(folder)) {
      return TokenClassifier.fromPretrained(folder);
    }
    if (MaskedLanguageModel.isIn(folder)) {
      return MaskedLanguageModel.fromPretrained(folder);
    }
    return SequenceClassifier.fromPretrained(folder);
  }

  /** The same of a model that is there, of which the weights count that it has now. */
  public static void write(EncoderModel<?> model, Path file) {
    if (LoraModel.isAdapted(model)) {
      throw new IllegalArgumentException(
          "the model has adapters; merge them into it before it is written as ONNX");
    }
    GraphBuilder graph = new GraphBuilder();
    EncoderGraph encoder = new EncoderGraph(graph, model);
    String hidden = encoder.hidden();
    new Head(graph, encoder, model.config(), hidden).add(model);
    graph.requireOneFile();
    AtomicFile.write(
        file,
        out -> {
          OutputStream buffered = new BufferedOutputStream(out, 1 << 16);
          graph.writeTo(buffered, PRODUCER);
          buffered.flush();
        });
  }

  /** What is computed of the hidden states. */
  private record Head(
      GraphBuilder graph, EncoderGraph encoder, EncoderConfig config, String hidden) {
    private static final String BATCH = "batch";
    private static final String SEQUENCE = "sequence";
    private static final String LOGITS = "logits";

    private Architecture architecture() {
      return config.architecture();
    }

    void add(EncoderModel<?> model) {
      if (model instanceof SequenceClassifier classifier) {
        String dense = architecture().headName(SequenceClassifier.TYPE, "classifier");
        graph.output(
            LOGITS, encoder.linear(transformed(), dense), BATCH, classifier.labels().size());
      } else if (model instanceof TokenClassifier classifier) {
        String dense = architecture().headName(TokenClassifier.TYPE, "classifier");
        graph.output(
            LOGITS, encoder.linear(hidden, dense), BATCH, SEQUENCE, classifier.labels().size());
      } else if (model instanceof QuestionAnswerer) {
        String dense = architecture().headName(QuestionAnswerer.TYPE, "qa_outputs");
        String both = encoder.linear(hidden, dense);
        graph.output("start_logits", column(both, 0), BATCH, SEQUENCE);
        graph.output("end_logits", column(both, 1), BATCH, SEQUENCE);
      } else if (model instanceof MaskedLanguageModel) {
        words();
      } else if (model instanceof SentenceEncoder sentences) {
        graph.output("last_hidden_state", hidden, BATCH, SEQUENCE, config.hiddenSize());
        graph.output("sentence_embedding", vectors(sentences), BATCH, sentences.dimensions());
      } else {
        throw new IllegalArgumentException(
            "%s cannot be written as ONNX yet".formatted(model.getClass().getSimpleName()));
      }
    }

    /** What a classifier of whole texts reads. */
    private String transformed() {
      String first = encoder.first(hidden);
      if (config instanceof BertConfig) {
        return dense(first, architecture().prefix() + ".pooler.dense", Activation.TANH);
      }
      if (config instanceof DistilBertConfig) {
        return dense(first, "pre_classifier", Activation.RELU);
      }
      return dense(
          first,
          architecture().headName(SequenceClassifier.TYPE, "dense"),
          config instanceof ElectraConfig ? Activation.GELU : Activation.TANH);
    }

    private String dense(String x, String name, Activation activation) {
      return encoder.activation(encoder.linear(x, name), activation);
    }

    private String column(String x, long index) {
      return graph.add("Gather", List.of(attribute("axis", 2L)), x, graph.integer(index));
    }

    private void words() {
      String head = "cls.predictions.";
      String dense = architecture().headName(head + "transform.dense");
      String x = dense(hidden, dense, config.headActivation());
      x = encoder.norm(x, architecture().headName(head + "transform.LayerNorm"));
      String bias = architecture().headName(head + "bias");
      graph.output(LOGITS, encoder.words(x, bias), BATCH, SEQUENCE, config.vocabSize());
    }

    // ---- vectors of sentences ----

    private String vectors(SentenceEncoder model) {
      String vectors =
          switch (model.pooling()) {
            case CLS -> encoder.first(hidden);
            case MEAN -> mean();
            case MAX -> max();
          };
      if (model.dimensions() < config.hiddenSize()) {
        vectors =
            graph.add(
                "Slice",
                vectors,
                graph.integers(0L),
                graph.integers((long) model.dimensions()),
                graph.integers(1L));
      }
      if (!model.normalize()) {
        return vectors;
      }
      String length = graph.add("ReduceL2", List.of(attribute("axes", new long[] {1})), vectors);
      return graph.add("Div", vectors, graph.add("Max", length, graph.number(1e-12f)));
    }

    /** {@code [batch, sequence, 1]}: 1 for what is a token, 0 for padding. */
    private String tokens() {
      return graph.add("Unsqueeze", encoder.mask(), graph.integers(2L));
    }

    private String mean() {
      String tokens = tokens();
      List<ProtobufWriter> flat = List.of(attribute("keepdims", 0L));
      String axis = graph.integers(1L);
      String sum = graph.add("ReduceSum", flat, graph.add("Mul", hidden, tokens), axis);
      String count = graph.add("ReduceSum", flat, tokens, axis);
      return graph.add("Div", sum, graph.add("Max", count, graph.number(1e-9f)));
    }

    private String max() {
      String padding = graph.add("Sub", tokens(), graph.number(1));
      String low = graph.add("Mul", padding, graph.number(1e9f));
      return graph.add(
          "ReduceMax",
          List.of(attribute("axes", new long[] {1}), attribute("keepdims", 0L)),
          graph.add("Add", hidden, low));
    }
  }
}
