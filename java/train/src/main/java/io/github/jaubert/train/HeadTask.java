package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;

/**
 * The task of a head over an encoder that learns from a data set, and may be judged by another. It
 * has the data, cuts and tokenises texts, and has the model save its tokenizer; how texts become
 * examples, the loss and the judge are the task's.
 *
 * <p>Mutable, for one thread. It neither owns nor closes the model and the tokenizer. {@link
 * #prepare(TrainingListener)} checks and tokenises the texts; it throws {@link
 * io.github.jaubert.train.data.DataException} if anything is wrong with them.
 *
 * @param <T> the task itself
 * @param <M> the model
 * @param <D> the kind of data set
 */
public abstract class HeadTask<T extends HeadTask<T, M, D>, M extends EncoderModel<M>, D>
    implements Task {
  private final M model;
  private final Tokenizer tokenizer;
  private D train;
  private D evaluation;
  private int maxLength = 128;
  private Prepared prepared; // null: not prepared yet

  /**
   * What came of the data.
   *
   * @param examples null if there is nothing to learn from
   * @param evaluation null if there is nothing to be judged by
   */
  protected record Prepared(Examples examples, Evaluation evaluation) {}

  /** The task of a model; texts are tokenised by {@code tokenizer}. */
  protected HeadTask(M model, Tokenizer tokenizer) {
    this.model = Objects.requireNonNull(model, "model");
    this.tokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
  }

  /**
   * Checks the data and makes examples of them.
   *
   * @param train what is learnt from
   * @param evaluation null if there is nothing to be judged by
   * @param cutting tokenises and cuts texts; it is closed afterwards
   * @param listener is told how far tokenising is
   */
  protected abstract Prepared prepare(
      D train, D evaluation, Tokenizer cutting, TrainingListener listener);

  // ---- what is learnt ----

  /** The data to learn from. */
  public final T train(D data) {
    train = Objects.requireNonNull(data, "data");
    return self();
  }

  /** The data to be judged by. */
  protected final T judgeBy(D data) {
    evaluation = Objects.requireNonNull(data, "data");
    return self();
  }

  /**
   * The number of tokens that a text, or a pair of them, is cut to, from 3; 128 unless said
   * otherwise. More than the model has positions for counts as that number. {@code
   * model.save(folder)} writes it with the tokenizer, so that pipelines cut texts alike.
   */
  public final T maxLength(int tokens) {
    require(tokens > 2, "maxLength " + tokens + ": a whole number from 3");
    maxLength = tokens;
    return self();
  }

  /**
   * Judges the model as it is now, unless the last evaluation gave what came of a run: that of the
   * best weights need not be the last, and a run that was finished earlier had none.
   *
   * @param judge null if there was no run, or nothing to be judged by
   * @param judged whether {@code judge} has figures
   */
  final void judge(Evaluation judge, boolean judged, TrainingResult result) {
    if (judge == null) {
      throw new IllegalStateException(
          "nothing to be judged by, or no run yet; choose data with evaluate(…)");
    }
    if (!judged || !result.metrics().entrySet().containsAll(judge.result().entrySet())) {
      judge(judge);
    }
  }

  /** Judges the model as it is now. */
  final void judge(Evaluation judge) {
    if (new Evaluator(this, judge).run().isEmpty()) {
      throw new CancellationException("judging was interrupted");
    }
  }

  /** Whether there is something to learn from; otherwise the model is judged as it is. */
  protected final boolean learns() {
    return train != null;
  }

  /** The number of tokens that a text is cut to. */
  protected final int maxLength() {
    return Math.min(maxLength, model.config().maxPositionEmbeddings());
  }

  /** The tokenizer, which cuts nothing. */
  protected final Tokenizer tokenizer() {
    return tokenizer;
  }

  /** This task; a task gives itself as {@code T}. */
  @SuppressWarnings("unchecked")
  final T self() {
    return (T) this;
  }

  static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  // ---- the task ----

  @Override
  public final M model() {
    return model;
  }

  @Override
  public final void prepare(TrainingListener listener) {
    if (train == null && evaluation == null) {
      throw new IllegalStateException("nothing to learn from: choose the data with train(…)");
    }
    try (Tokenizer cutting = tokenizer.withMaxLength(maxLength())) {
      if (!learns()) {
        prepared =
            new Prepared(null, prepare(evaluation, evaluation, cutting, listener).evaluation());
        return;
      }
      prepared = prepare(train, evaluation, cutting, listener);
      model.saveWith(cutting); // who uses the model is to cut texts as they were cut in training
    }
  }

  @Override
  public final Examples examples() {
    return prepared == null ? null : prepared.examples();
  }

  @Override
  public final Evaluation evaluation() {
    return prepared == null ? null : prepared.evaluation();
  }

  /** The length that texts are cut to, and what a task adds. */
  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("max_length", maxLength());
    return settings;
  }
}
