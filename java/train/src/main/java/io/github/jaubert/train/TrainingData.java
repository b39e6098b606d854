package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Metric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run learns from and is judged by, checked and in token ids.
 *
 * @param evaluator null: nothing is evaluated
 */
record TrainingData(EncodedDataset examples, Targets targets, Evaluator evaluator) {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingData.class);
  private static final int LISTED = 6;

  /**
   * Checks and encodes texts.
   *
   * @param tokenizer cuts texts to its maximum length
   * @param evaluation null for none
   * @throws DataException if anything is wrong with them
   * @throws IllegalArgumentException if a metric is about a label that the model does not have
   * @throws java.util.concurrent.CancellationException if the thread is interrupted meanwhile
   */
  static TrainingData of(
      SequenceClassifier model,
      Tokenizer tokenizer,
      TextDataset train,
      TextDataset evaluation,
      List<Metric> metrics,
      List<TrainingListener> listeners) {
    metrics.forEach(metric -> metric.labels(model.labels()));
    say(train, model.labels());
    Targets targets = Targets.of(train, model.labels());
    DataChecks.sameLabels(train, evaluation, model.labels());
    Targets evaluationTargets = evaluation == null ? null : Targets.of(evaluation, model.labels());
    DataChecks.texts(train);
    if (model.trainedOnPairs() && !DataChecks.arePairs(train)) {
      LOG.warn(
          "{}: the model was trained on pairs of texts, and these are single ones; pair(…) chooses"
              + " the column of the second",
          train.source());
    }
    DataChecks.labels(train, model.labels());
    DataChecks.withoutLabel(train, model.labels());
    if (evaluation != null) {
      say(evaluation, model.labels());
      DataChecks.texts(evaluation);
    }
    EncodedDataset examples = encode(train, tokenizer, model, listeners);
    Evaluator evaluator =
        evaluation == null
            ? null
            : new Evaluator(
                model, encode(evaluation, tokenizer, model, listeners), evaluationTargets, metrics);
    return new TrainingData(examples, targets, evaluator);
  }

  /** What was understood; the wrong column is better met here than after training. */
  private static void say(TextDataset data, Labels labels) {
    LOG.info(
        "{}: {} examples{}, for {}",
        data.source(),
        data.size(),
        data.chosenColumns().isEmpty() ? "" : ", " + data.chosenColumns(),
        switch (labels.problemType()) {
          case SINGLE_LABEL -> "one of the labels " + listed(labels);
          case MULTI_LABEL -> "any of the labels " + listed(labels);
          case REGRESSION -> "a score";
        });
  }

  private static String listed(Labels labels) {
    return labels.size() <= LISTED
        ? String.join(", ", labels.names())
        : labels.name(0) + " … " + labels.name(labels.size() - 1) + " (" + labels.size() + ")";
  }

  private static EncodedDataset encode(
      TextDataset data,
      Tokenizer tokenizer,
      SequenceClassifier model,
      List<TrainingListener> listeners) {
    IntConsumer tell =
        done -> listeners.forEach(heard -> heard.tokenized(data.source(), done, data.size()));
    AtomicInteger done = new AtomicInteger();
    ReentrantLock telling = new ReentrantLock();
    IntConsumer progress =
        count -> {
          done.addAndGet(count);
          // No thread waits for a listener, which may itself wait for the pool that they are of.
          if (telling.tryLock()) {
            try {
              if (done.get() < data.size()) {
                tell.accept(done.get());
              }
            } finally {
              telling.unlock();
            }
          }
        };
    EncodedDataset encoded = EncodedDataset.of(data, tokenizer, progress);
    tell.accept(data.size());
    DataChecks.tokens(data, encoded, tokenizer, model.config().maxPositionEmbeddings());
    for (int row = 0; row < encoded.size(); row++) {
      requireEmbeddings(data, row, encoded.batch(new int[] {row}), tokenizer, model.config());
    }
    return encoded;
  }

  /** Said before the first step, not at the one that meets it. */
  private static void requireEmbeddings(
      TextDataset data, int row, TokenBatch batch, Tokenizer tokenizer, EncoderConfig config) {
    long line = data.rows().get(row).line();
    for (int id : batch.inputIds()) {
      if (id >= config.vocabSize()) {
        throw new DataException(
            data.source(),
            line,
            "holds '%s', token %d of the tokenizer; the model has embeddings for %d tokens alone"
                .formatted(tokenizer.token(id), id, config.vocabSize()));
      }
    }
    for (int type : batch.tokenTypeIds()) {
      if (config.typeVocabSize() > 0 && type >= config.typeVocabSize()) {
        throw new DataException(
            data.source(),
            line,
            "is a pair of texts, but the model's type_vocab_size is " + config.typeVocabSize());
      }
    }
  }

  /** What is learnt from and judged by, by name. */
  Map<String, String> identity() {
    Map<String, String> identity = new LinkedHashMap<>();
    identity.put("training_data", Fingerprint.sized(examples, targets));
    if (evaluator != null) {
      // Which weights are the best depends on both, and so does the history.
      identity.put("metrics", evaluator.metrics().toString());
      identity.put("evaluation_data", evaluator.dataIdentity());
    }
    return identity;
  }
}
