package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SpanRows;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.Windows;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.QuestionDataset;
import io.github.jaubert.train.data.WindowedDataset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Questions about contexts, and the parts of these that a {@link QuestionAnswerer} is to find. A
 * context that is too long is read in windows with a {@link #stride}; one of them that has not all
 * of the answer is to say so, by its token [CLS]. It is judged as SQuAD is, see {@link
 * io.github.jaubert.train.metrics.SquadScore}: {@code f1}, by which it is decided which evaluation
 * was the best, and {@code exact_match}.
 *
 * <pre>{@code
 * QuestionAnswering.of(QuestionAnswerer.forTraining(dir), tokenizer)
 *     .train(QuestionDataset.squad(train))
 *     .evaluate(QuestionDataset.squad(dev))
 * }</pre>
 *
 * <p>Windows have 384 tokens unless {@link #maxLength} says otherwise.
 */
public final class QuestionAnswering
    extends HeadTask<QuestionAnswering, QuestionAnswerer, QuestionDataset> {
  private static final Logger LOG = LoggerFactory.getLogger(QuestionAnswering.class);
  private static final int USUAL_LENGTH = 384;
  private static final int USUAL_STRIDE = 128;
  private static final String ROWS = "rows";
  private static final String PADDING = "padding";
  private static final String STARTS = "starts";
  private static final String ENDS = "ends";

  private Integer stride; // null: not said
  private int maxAnswerLength = 30;
  private float nullThreshold;
  private QuestionEvaluation judge; // null: not prepared, or there is nothing to be judged by

  private QuestionAnswering(QuestionAnswerer model, Tokenizer tokenizer) {
    super(model, tokenizer);
    maxLength(USUAL_LENGTH);
  }

  /** The task of a model; texts are tokenised by {@code tokenizer}. */
  public static QuestionAnswering of(QuestionAnswerer model, Tokenizer tokenizer) {
    return new QuestionAnswering(model, tokenizer);
  }

  /** The data to be judged by. */
  public QuestionAnswering evaluate(QuestionDataset data) {
    return judgeBy(data);
  }

  /**
   * How many tokens of the context two neighbouring windows have in common, from 0; 128 unless said
   * otherwise, or half a window of less than 256 tokens.
   */
  public QuestionAnswering stride(int tokens) {
    require(tokens >= 0, "stride " + tokens + ": a whole number from 0");
    stride = tokens;
    return this;
  }

  private int stride() {
    return stride == null ? Math.min(maxLength() / 2, USUAL_STRIDE) : stride;
  }

  /** The most tokens of an answer that is given when the model is judged, from 1; 30 as it is. */
  public QuestionAnswering maxAnswerLength(int tokens) {
    require(tokens > 0, "maxAnswerLength " + tokens + ": a whole number from 1");
    maxAnswerLength = tokens;
    return this;
  }

  /**
   * By how much the score of no answer, the sum of two logits, must exceed that of the best answer
   * to be given instead; 0 unless said otherwise. It counts where the data to be judged by have
   * questions without an answer.
   */
  public QuestionAnswering nullThreshold(float difference) {
    require(Float.isFinite(difference), "nullThreshold " + difference + ": a finite number");
    nullThreshold = difference;
    return this;
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      QuestionDataset train,
      QuestionDataset evaluation,
      Tokenizer cutting,
      TrainingListener listener) {
    try (Windows windows = Windows.of(cutting, maxLength(), stride())) {
      WindowedDataset learnt = cut(train, windows, cutting, listener);
      judge = null;
      if (evaluation != null) {
        WindowedDataset judged = cut(evaluation, windows, cutting, listener);
        judge =
            new QuestionEvaluation(this, examples(judged), judged, maxAnswerLength, nullThreshold);
      }
      return new Prepared(examples(learnt), judge);
    }
  }

  /**
   * The answers that the model gave when it was judged last, in order of the questions: right if
   * they match one of the right ones exactly, see {@link
   * io.github.jaubert.train.metrics.SquadScore#exactMatch}. The score is the product of the
   * probabilities of start and end in the window, or at [CLS] for no answer.
   *
   * @throws IllegalStateException if it was not judged
   */
  public List<Judgement> judgements() {
    if (judge == null || !judge.isDone()) {
      throw new IllegalStateException("the model was not judged yet: Trainer.of(task).evaluate()");
    }
    return judge.judgements();
  }

  /**
   * The same of the model as it is now. After a run this costs nothing if the last evaluation was
   * of these weights.
   *
   * @param result what came of the run
   * @throws IllegalStateException if there was no run, or nothing to be judged by
   * @throws CancellationException if the thread is interrupted meanwhile
   */
  public List<Judgement> judgements(TrainingResult result) {
    judge(judge, judge != null && judge.isDone(), result);
    return judgements();
  }

  private WindowedDataset cut(
      QuestionDataset data, Windows windows, Tokenizer cutting, TrainingListener listener) {
    TokenizingProgress progress = new TokenizingProgress(listener, data.source(), data.size());
    WindowedDataset cut = WindowedDataset.of(data, windows, cutting, progress);
    progress.done();
    LOG.info(
        "{}: {} questions, {} of them without an answer, in {} windows of at most {} tokens",
        data.source(),
        data.size(),
        data.impossible(),
        cut.size(),
        maxLength());
    if (cut.lost() > 0) {
      LOG.warn(
          "{}: the answers of {} questions are in no window from end to end, which then learn that"
              + " there is none; a larger stride helps",
          data.source(),
          cut.lost());
    }
    EncoderConfig config = model().config();
    DataChecks.unknown(data.source(), cut.encoded(), cutting);
    DataChecks.embeddings(
        data.origin(),
        row -> data.questions().get(cut.question(row)).line(),
        cut.encoded(),
        cutting,
        config);
    return cut;
  }

  private Examples examples(WindowedDataset data) {
    int[] lengths = data.encoded().lengths();
    int width = maxLength();
    return Examples.of(
        data.size(),
        row -> lengths[row],
        rows -> {
          Batch batch = Batch.of(data.encoded().batch(rows));
          SpanRows spans = SpanRows.of(batch.text(Batch.TEXT).lengths(), width);
          return batch
              .with(ROWS, spans.rows())
              .with(PADDING, spans.padding(), rows.length, width)
              .with(STARTS, data.starts(rows))
              .with(ENDS, data.ends(rows));
        });
  }

  @Override
  public Tensor loss(Inputs inputs, float count) {
    return loss(model().forward(inputs.text()), inputs, count);
  }

  Tensor loss(Tensor logits, Inputs inputs, float count) {
    return model()
        .loss(
            logits,
            inputs.get(ROWS),
            inputs.get(PADDING),
            inputs.get(STARTS),
            inputs.get(ENDS),
            count);
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("stride", stride());
    settings.put("max_answer_length", maxAnswerLength);
    settings.put("null_threshold", nullThreshold);
    return settings;
  }
}
