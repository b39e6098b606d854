package io.github.jaubert.bert.onnx;

import static io.github.jaubert.bert.onnx.GraphBuilder.attribute;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.HeadType;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.models.albert.AlbertConfig;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.distilbert.DistilBertConfig;
import io.github.jaubert.bert.models.electra.ElectraConfig;
import io.github.jaubert.bert.models.ernie.ErnieConfig;
import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
import io.github.jaubert.bert.models.nomic.NomicBertConfig;
import io.github.jaubert.bert.models.rotary.RotaryConfig;
import io.github.jaubert.nn.Activation;
import java.util.List;

/**
 * What is computed of the hidden states.
 *
 * @param hidden {@code [texts, sequence, hidden]}
 */
record HeadGraph(GraphBuilder graph, GraphParts parts, String hidden) {
  private static final String BATCH = "batch";
  private static final String CHOICES = "choices";
  private static final String SEQUENCE = "sequence";
  private static final String LOGITS = "logits";

  private EncoderConfig config() {
    return parts.config;
  }

  private Architecture architecture() {
    return config().architecture();
  }

  void add(EncoderModel<?> model) {
    if (model instanceof SequenceClassifier classifier) {
      String logits = parts.linear(ofText(), name(SequenceClassifier.TYPE, "classifier"));
      graph.output(LOGITS, logits, BATCH, classifier.labels().size());
    } else if (model instanceof MultipleChoiceModel) {
      String scores = parts.linear(ofChoice(), name(MultipleChoiceModel.TYPE, "classifier"));
      graph.output(LOGITS, parts.byExample(scores), BATCH, CHOICES);
    } else if (model instanceof TokenClassifier classifier) {
      String logits = parts.linear(ofTokens(), name(TokenClassifier.TYPE, "classifier"));
      graph.output(LOGITS, logits, BATCH, SEQUENCE, classifier.labels().size());
    } else if (model instanceof QuestionAnswerer) {
      String both = parts.linear(ofTokens(), name(QuestionAnswerer.TYPE, "qa_outputs"));
      graph.output("start_logits", column(both, 0), BATCH, SEQUENCE);
      graph.output("end_logits", column(both, 1), BATCH, SEQUENCE);
    } else if (model instanceof MaskedLanguageModel) {
      String logits = parts.words(ofMasked(), architecture().headName("cls.predictions.bias"));
      graph.output(LOGITS, logits, BATCH, SEQUENCE, config().vocabSize());
    } else if (model instanceof SentenceEncoder sentences) {
      graph.output("last_hidden_state", hidden, BATCH, SEQUENCE, config().hiddenSize());
      graph.output("sentence_embedding", vectors(sentences), BATCH, sentences.dimensions());
    } else {
      throw new IllegalArgumentException(
          "%s cannot be written as ONNX yet".formatted(model.getClass().getSimpleName()));
    }
  }

  /** The logits of a classifier that reads the vectors of sentences. */
  void add(SentenceClassifier classifier) {
    int labels = classifier.labels().size();
    int dimensions = classifier.encoder().dimensions();
    String weight =
        graph.constant(
            "head.weight",
            new long[] {dimensions, labels},
            () -> GraphParts.transposed(classifier.weight(), labels, dimensions));
    String bias = graph.constant("head.bias", new long[] {labels}, classifier::bias);
    String product = graph.add("MatMul", vectors(classifier.encoder()), weight);
    graph.output(LOGITS, graph.add("Add", product, bias), BATCH, labels);
  }

  private String name(HeadType head, String part) {
    return architecture().headName(head, part);
  }

  // ---- what heads read ----

  /** What a classifier of whole texts reads. */
  private String ofText() {
    if (config() instanceof ModernBertConfig) {
      return modern(config().meanPooling() ? parts.mean(hidden) : parts.first(hidden));
    }
    String first = parts.first(hidden);
    if (config() instanceof BertConfig
        || config() instanceof ErnieConfig
        || config() instanceof AlbertConfig
        || config() instanceof RotaryConfig) {
      return pooled(first);
    }
    if (config() instanceof DistilBertConfig) {
      return dense(first, "pre_classifier", Activation.RELU);
    }
    Activation activation = config() instanceof ElectraConfig ? Activation.GELU : Activation.TANH;
    return dense(first, name(SequenceClassifier.TYPE, "dense"), activation);
  }

  /** What a head for multiple choice reads. */
  private String ofChoice() {
    if (config() instanceof ModernBertConfig || config() instanceof DistilBertConfig) {
      return ofText();
    }
    String first = parts.first(hidden);
    return config() instanceof ElectraConfig
        ? dense(first, name(MultipleChoiceModel.TYPE, "dense"), Activation.GELU)
        : pooled(first);
  }

  /** {@code tanh(pooler(x))}. */
  private String pooled(String first) {
    String pooler = config() instanceof AlbertConfig ? "pooler" : "pooler.dense";
    return dense(first, parts.name(pooler), Activation.TANH);
  }

  /** What a head for tokens reads. */
  private String ofTokens() {
    return config() instanceof ModernBertConfig ? modern(hidden) : hidden;
  }

  /** What a head for masked tokens reads. */
  private String ofMasked() {
    if (config() instanceof ModernBertConfig) {
      return modern(hidden);
    }
    String transform = "cls.predictions.transform.";
    String dense = architecture().headName(transform + "dense");
    String x =
        config() instanceof NomicBertConfig nomic
            ? parts.gate(parts.linear(hidden, dense), nomic.sizes().gate())
            : dense(hidden, dense, config().headActivation());
    return parts.norm(x, architecture().headName(transform + "LayerNorm"));
  }

  /** What all heads of ModernBERT begin with. */
  private String modern(String x) {
    return parts.norm(dense(x, "head.dense", config().headActivation()), "head.norm");
  }

  private String dense(String x, String name, Activation activation) {
    return parts.activation(parts.linear(x, name), activation);
  }

  private String column(String x, long index) {
    return graph.add("Gather", List.of(attribute("axis", 2L)), x, graph.integer(index));
  }

  // ---- vectors of sentences ----

  private String vectors(SentenceEncoder model) {
    String vectors =
        switch (model.pooling()) {
          case CLS -> parts.first(hidden);
          case MEAN -> parts.mean(hidden);
          case MAX -> parts.max(hidden);
        };
    if (model.dimensions() < config().hiddenSize()) {
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
}
