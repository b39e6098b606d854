package io.github.jaubert.bert.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntConsumer;

/**
 * Turns a question and a context into as many {@link Window}s as the context needs, each of them
 * {@code [CLS] question [SEP] part of the context [SEP]}, of which two neighbours have {@code
 * stride} tokens of the context in common. A question of more than 64 tokens, or of as many as
 * leave no room, is cut.
 *
 * <p>Safe from any number of threads.
 */
public final class Windows implements AutoCloseable {
  /** Questions of more tokens are cut, as transformers 4 says of its {@code max_question_len}. */
  public static final int LONGEST_QUESTION = 64;

  private final HuggingFaceTokenizer cutting;
  private final Tokenizer tokenizer;
  private final String[] vocabulary;
  private final ReadWriteLock use = new ReentrantReadWriteLock();
  private final int maxLength;
  private final int stride;
  private final int longestQuestion;
  private boolean closed; // under the lock

  private Windows(Tokenizer tokenizer, int maxLength, int stride, int longestQuestion) {
    this.tokenizer = tokenizer;
    this.maxLength = maxLength;
    this.stride = stride;
    this.longestQuestion = longestQuestion;
    vocabulary = tokenizer.files().vocabulary().tokens();
    cutting = NativeTokenizers.windows(tokenizer.files().tokenizerJson(), maxLength, stride);
  }

  /**
   * Windows of a tokenizer, which must stay open.
   *
   * @param maxLength the most tokens of a window, special ones included
   * @param stride how many tokens of the context two neighbours have in common, from 0
   * @throws IllegalArgumentException if that leaves no room for a question and further tokens of
   *     the context
   */
  public static Windows of(Tokenizer tokenizer, int maxLength, int stride) {
    int special = tokenizer.encode("", "").length();
    int room = maxLength - special - stride - 1;
    if (stride < 0 || room < 1) {
      throw new IllegalArgumentException(
          "windows of %d tokens with a stride of %d: with %d special ones, no room is left for a question and a next token"
              .formatted(maxLength, stride, special));
    }
    return new Windows(tokenizer, maxLength, stride, Math.min(room, LONGEST_QUESTION));
  }

  /** The most tokens of a window. */
  public int maxLength() {
    return maxLength;
  }

  /** How many tokens of the context two neighbours have in common. */
  public int stride() {
    return stride;
  }

  /**
   * The windows of a question and a context, from the first to the last; one at least.
   *
   * @throws CheckpointException as {@link Tokenizer#encode(String)}
   */
  public List<Window> of(String question, String context) {
    String asked = Tokenizer.replaceLoneSurrogates(cutQuestion(question));
    String read = Tokenizer.replaceLoneSurrogates(context);
    Excerpt index = Excerpt.all(read);
    use.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("these Windows are closed");
      }
      var first = cutting.encode(asked, read, true, true);
      List<Window> windows = new ArrayList<>(List.of(window(first, index)));
      for (var next : first.getOverflowing()) {
        windows.add(window(next, index));
      }
      return windows;
    } finally {
      use.readLock().unlock();
    }
  }

  private String cutQuestion(String question) {
    int[] seen = new int[] {0, question.length()};
    int[][] offsets = tokenizer.encode(question).offsets();
    for (int[] token : offsets) {
      if (token[1] > 0 && ++seen[0] == longestQuestion) {
        seen[1] = token[1];
      }
    }
    return seen[0] <= longestQuestion ? question : question.substring(0, seen[1]);
  }

  /**
   * The windows of many, with all cores, in order.
   *
   * @param progress told how many were done since it was last called, from any thread
   * @throws CancellationException if the thread is interrupted; its flag remains set
   */
  public List<List<Window>> ofAll(
      List<String> questions, List<String> contexts, IntConsumer progress) {
    return ManyTexts.map(
        questions.size(), "questions", i -> of(questions.get(i), contexts.get(i)), progress);
  }

  private Window window(ai.djl.huggingface.tokenizers.Encoding part, Excerpt index) {
    int[] ids = Arrays.stream(part.getIds()).mapToInt(id -> (int) id).toArray();
    int[] types = Arrays.stream(part.getTypeIds()).mapToInt(type -> (int) type).toArray();
    long[] sequences = part.getSequenceIds();
    long[] words = part.getWordIds();
    CharSpan[] spans = part.getCharTokenSpans();
    int[] offsets = new int[2 * ids.length];
    boolean[] context = new boolean[ids.length];
    Map<Long, int[]> placed = new HashMap<>(); // of each word, where it begins and ends
    int[][] ofWords = new int[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      context[i] = sequences[i] == 1 && spans[i] != null;
      if (!context[i]) {
        continue;
      }
      int start = index.start(spans[i].getStart());
      int end = index.end(spans[i].getEnd());
      offsets[2 * i] = start;
      offsets[2 * i + 1] = end;
      int[] own = {start, end};
      ofWords[i] =
          words[i] < 0
              ? own
              : placed.merge(
                  words[i],
                  own,
                  (a, b) -> {
                    a[0] = Math.min(a[0], b[0]);
                    a[1] = Math.max(a[1], b[1]);
                    return a;
                  });
    }
    boolean cut = part.exceedMaxLength();
    return new Window(new Encoding(ids, types, offsets, cut, vocabulary), context, ofWords);
  }

  /** Frees the native tokenizer, when no thread uses it; not the one that it was made of. */
  @Override
  public void close() {
    use.writeLock().lock();
    try {
      closed = true;
      cutting.close();
    } finally {
      use.writeLock().unlock();
    }
  }
}
