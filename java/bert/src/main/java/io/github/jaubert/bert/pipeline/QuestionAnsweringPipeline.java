package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.Window;
import io.github.jaubert.bert.tokenizer.Windows;
import io.github.jaubert.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Finds answers to questions in contexts, as {@code QuestionAnsweringPipeline} of transformers 4
 * did, which version 5 has no more. A long context is read window by window. In each, the
 * probability of a start and that of an end are softmaxes over the context and [CLS]; the score of
 * an answer is their product. Answers are whole words, and those with the same text, whatever the
 * case of its letters, are one, whose scores are added up.
 */
public final class QuestionAnsweringPipeline
    extends Pipeline<QuestionAnsweringPipeline, QuestionAnswerer> {
  private static final int LONGEST_WINDOW = 384;
  private static final int USUAL_STRIDE = 128;

  /** Equal answers become one, so that there must be more candidates than answers. */
  private static final int MORE_CANDIDATES = 10;

  /** Read-only to threads that are answering: it is replaced as a whole. */
  private volatile Settings settings = new Settings(1, 15, false, true);

  private final Windows windows;

  private record Settings(int topK, int maxAnswerLength, boolean impossible, boolean words) {}

  /** A part of a window. */
  private record Span(double score, int first, int last) {}

  /**
   * @param maxLength the most tokens of a window
   */
  QuestionAnsweringPipeline(
      QuestionAnswerer model, Tokenizer tokenizer, int maxLength, int stride) {
    super(model, tokenizer);
    windows = Windows.of(tokenizer, maxLength, stride);
  }

  /** The most tokens of a window unless said otherwise: 384, or what model and tokenizer take. */
  static int usualLength(QuestionAnswerer model, Tokenizer tokenizer) {
    int most = Math.min(model.config().maxPositionEmbeddings(), tokenizer.maxLength());
    return Math.min(most, LONGEST_WINDOW);
  }

  /** What two windows have in common unless said otherwise: 128, or half of a shorter window. */
  static int usualStride(int maxLength) {
    return Math.min(maxLength / 2, USUAL_STRIDE);
  }

  // ---- settings, to be chosen before other threads use the pipeline ----

  /**
   * Chooses how many answers are given, the best first; 1 unless said otherwise.
   *
   * @return this pipeline
   * @throws IllegalArgumentException if it is less than 1
   */
  public QuestionAnsweringPipeline topK(int answers) {
    requireOne("topK", answers);
    settings = new Settings(answers, settings.maxAnswerLength, settings.impossible, settings.words);
    return this;
  }

  /**
   * Chooses the most tokens of an answer; 15 unless said otherwise.
   *
   * @return this pipeline
   * @throws IllegalArgumentException if it is less than 1
   */
  public QuestionAnsweringPipeline maxAnswerLength(int tokens) {
    requireOne("maxAnswerLength", tokens);
    settings = new Settings(settings.topK, tokens, settings.impossible, settings.words);
    return this;
  }

  /**
   * Chooses whether no answer is one of the answers, for models that learnt it, as those of SQuAD
   * 2.0; it is not unless said otherwise. Its text is empty, and its score the least of all
   * windows.
   *
   * @return this pipeline
   */
  public QuestionAnsweringPipeline handleImpossibleAnswer(boolean handle) {
    settings = new Settings(settings.topK, settings.maxAnswerLength, handle, settings.words);
    return this;
  }

  /**
   * Chooses whether answers are made of whole words, as they are unless said otherwise.
   *
   * @return this pipeline
   */
  public QuestionAnsweringPipeline alignToWords(boolean align) {
    settings = new Settings(settings.topK, settings.maxAnswerLength, settings.impossible, align);
    return this;
  }

  private static void requireOne(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " " + value + ": a whole number from 1");
    }
  }

  // ---- answering ----

  /**
   * The best answers to a question, the best first: {@link #topK} of them, or fewer if the context
   * has no more; none of an empty context.
   */
  public List<Answer> of(String question, String context) {
    return ofAll(List.of(question), List.of(context)).get(0);
  }

  /**
   * The same of many questions, each with a context of its own.
   *
   * @throws IllegalArgumentException if there are not as many contexts as questions
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<Answer>> ofAll(List<String> questions, List<String> contexts) {
    return prepare(questions, contexts, settings).run();
  }

  /**
   * Tokenises questions with their contexts for {@link #ofAll}, and does no more. The pipeline's
   * own settings for these do not count.
   *
   * @param topK see {@link #topK}
   * @param maxAnswerLength see {@link #maxAnswerLength}
   * @param impossible see {@link #handleImpossibleAnswer}
   * @throws IllegalArgumentException as these and {@link #ofAll} do
   */
  public Prepared<List<List<Answer>>> prepare(
      List<String> questions,
      List<String> contexts,
      int topK,
      int maxAnswerLength,
      boolean impossible) {
    requireOne("topK", topK);
    requireOne("maxAnswerLength", maxAnswerLength);
    Settings chosen = new Settings(topK, maxAnswerLength, impossible, settings.words);
    return prepare(questions, contexts, chosen);
  }

  private Prepared<List<List<Answer>>> prepare(
      List<String> questions, List<String> contexts, Settings chosen) {
    requireOpen();
    if (questions.size() != contexts.size()) {
      throw new IllegalArgumentException(
          "%d questions and %d contexts".formatted(questions.size(), contexts.size()));
    }
    List<List<Window>> all = windows.ofAll(questions, contexts, done -> {});
    List<Encoding> encodings = all.stream().flatMap(List::stream).map(Window::encoding).toList();
    List<String> own = List.copyOf(contexts);
    return new Prepared<>(
        this, encodings, this::logits, logits -> answersToAll(own, all, logits, chosen));
  }

  private static List<List<Answer>> answersToAll(
      List<String> contexts, List<List<Window>> all, List<float[]> logits, Settings chosen) {
    List<List<Answer>> answers = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < contexts.size(); i++) {
      List<float[]> own = logits.subList(next, next + all.get(i).size());
      next += own.size();
      answers.add(answers(contexts.get(i), all.get(i), own, chosen));
    }
    return answers;
  }

  /** For each text the logits of start and end of its tokens, {@code [tokens × 2]}. */
  private List<float[]> logits(List<Encoding> encodings) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      float[] all = model().forward(TokenBatch.of(encodings)).toFloats();
      return Prepared.split(all, encodings, window -> 2 * window.length());
    }
  }

  private static List<Answer> answers(
      String context, List<Window> windows, List<float[]> logits, Settings settings) {
    List<Answer> found = new ArrayList<>();
    double none = 1;
    int candidates = settings.words ? 2 * settings.topK + MORE_CANDIDATES : settings.topK;
    for (int i = 0; i < windows.size(); i++) {
      Window window = windows.get(i);
      double[] start = probabilities(window, logits.get(i), 0);
      double[] end = probabilities(window, logits.get(i), 1);
      none = Math.min(none, start[0] * end[0]);
      for (Span span : best(window, start, end, settings.maxAnswerLength, candidates)) {
        int from = settings.words ? window.wordStart(span.first) : window.start(span.first);
        int to = settings.words ? window.wordEnd(span.last) : window.end(span.last);
        add(found, new Answer(span.score, from, to, context.substring(from, to)));
      }
    }
    if (settings.impossible) {
      found.add(new Answer(none, 0, 0, ""));
    }
    found.sort((a, b) -> Double.compare(b.score(), a.score()));
    return List.copyOf(found.subList(0, Math.min(settings.topK, found.size())));
  }

  private static void add(List<Answer> found, Answer answer) {
    for (int i = 0; i < found.size(); i++) {
      Answer there = found.get(i);
      if (there.answer().equalsIgnoreCase(answer.answer())) {
        double sum = there.score() + answer.score();
        found.set(i, new Answer(sum, there.start(), there.end(), there.answer()));
        return;
      }
    }
    found.add(answer);
  }

  /** Softmax over the tokens of the context and [CLS]; 0 for all others. */
  private static double[] probabilities(Window window, float[] logits, int output) {
    int[] ids = window.encoding().ids();
    double[] values = new double[ids.length];
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < values.length; i++) {
      boolean counts = window.isContext(i) || ids[i] == ids[0];
      values[i] = counts ? logits[2 * i + output] : Double.NEGATIVE_INFINITY;
      largest = Math.max(largest, values[i]);
    }
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.exp(values[i] - largest);
      sum += values[i];
    }
    for (int i = 0; i < values.length; i++) {
      values[i] /= sum;
    }
    return values;
  }

  /** The most probable parts of the context in a window, the best first. */
  private static List<Span> best(
      Window window, double[] start, double[] end, int maxAnswerLength, int count) {
    List<Span> spans = new ArrayList<>();
    for (int first = 0; first < start.length; first++) {
      int behind = Math.min(start.length, first + maxAnswerLength);
      for (int last = first; window.isContext(first) && last < behind; last++) {
        if (window.isContext(last)) {
          spans.add(new Span(start[first] * end[last], first, last));
        }
      }
    }
    spans.sort((a, b) -> Double.compare(b.score, a.score));
    return spans.subList(0, Math.min(count, spans.size()));
  }

  @Override
  void closeParts() {
    windows.close();
  }
}
