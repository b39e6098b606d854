package io.github.jaubert.bert.tokenizer;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;

/**
 * Encodes single texts as a {@link LongTextStrategy} says: one that fits as {@link
 * Tokenizer#encode(String)} does, and of a longer one what is read of it, each part between the
 * special tokens of a text. Windows are those of {@link Windows} without a question: each but the
 * last is full, and the last ends where the text does.
 *
 * <p>Safe from any number of threads.
 */
public final class LongTextReader {
  private final Tokenizer tokenizer;
  private final LongTextStrategy strategy;
  private final Frame frame;
  private final int room;
  private final int head; // how many tokens in front are kept
  private final int stride;

  /**
   * Reads with a tokenizer, which must stay open, up to its maximum length.
   *
   * @throws IllegalArgumentException if the length leaves no token to the head or the tail, or no
   *     next token to a window
   */
  public LongTextReader(Tokenizer tokenizer, LongTextStrategy strategy) {
    this.tokenizer = tokenizer;
    this.strategy = strategy;
    frame = Frame.ofText(tokenizer);
    room = tokenizer.maxLength() - frame.length();
    head = (int) Math.round(strategy.headShare() * room);
    stride = strategy.stride(tokenizer.maxLength());
    switch (strategy.kind()) {
      case HEAD_TAIL -> require(head > 0 && head < room, "headShare " + strategy.headShare());
      case WINDOWS -> require(stride < room, "windowStride " + stride);
      default -> {}
    }
  }

  private void require(boolean fits, String what) {
    if (!fits) {
      throw new IllegalArgumentException(
          "%s: of %d tokens, %d are special ones; this leaves no token to a part of the text"
              .formatted(what, tokenizer.maxLength(), frame.length()));
    }
  }

  /** How texts are read. */
  public LongTextStrategy strategy() {
    return strategy;
  }

  /** How many tokens of a long text are its first ones, where its last are read, too. */
  public int head() {
    return head;
  }

  /** How many tokens of a long text are its last ones, where its first are read, too. */
  public int tail() {
    return room - head;
  }

  /**
   * The parts of a text from the first to the last: one, unless it is long and read in windows.
   * Those of a text that did not fit say so by {@link Encoding#isCut}; their tokens have no
   * offsets, unless the text was cut.
   *
   * @throws CheckpointException as {@link Tokenizer#encode(String)}
   */
  public List<Encoding> of(String text) {
    Encoding whole = tokenizer.encode(text);
    if (!whole.isCut() || strategy.kind() == LongTextStrategy.Kind.CUT) {
      return List.of(whole);
    }
    int[] ids = tokenizer.plainIds(text);
    if (ids.length <= room) {
      return List.of(whole);
    }
    if (strategy.kind() == LongTextStrategy.Kind.HEAD_TAIL) {
      int[] kept = Arrays.copyOf(ids, room);
      System.arraycopy(ids, ids.length - tail(), kept, head, tail());
      return List.of(framed(kept));
    }
    List<Encoding> windows = new ArrayList<>();
    for (int from = 0; from == 0 || from + stride < ids.length; from += room - stride) {
      windows.add(framed(Arrays.copyOfRange(ids, from, Math.min(ids.length, from + room))));
    }
    return windows;
  }

  /**
   * The same of many texts, with all cores, in order.
   *
   * @param progress told how many were done since it was last called, from any thread
   * @throws CancellationException if the thread is interrupted; its flag remains set
   */
  public List<List<Encoding>> ofAll(List<String> texts, IntConsumer progress) {
    if (strategy.kind() == LongTextStrategy.Kind.CUT) {
      return tokenizer.encodeAll(texts, null, progress).stream().map(List::of).toList();
    }
    return ManyTexts.map(texts.size(), "texts", i -> of(texts.get(i)), progress);
  }

  private Encoding framed(int[] tokens) {
    int[] before = frame.ids()[0];
    int[] behind = frame.ids()[1];
    int length = before.length + tokens.length + behind.length;
    int[] ids = Arrays.copyOf(before, length);
    System.arraycopy(tokens, 0, ids, before.length, tokens.length);
    System.arraycopy(behind, 0, ids, length - behind.length, behind.length);
    int[] types = Arrays.copyOf(frame.typeIds()[0], length);
    Arrays.fill(types, before.length, length - behind.length, frame.textTypes()[0]);
    System.arraycopy(frame.typeIds()[1], 0, types, length - behind.length, behind.length);
    return new Encoding(
        ids, types, new int[2 * length], true, tokenizer.files().vocabulary().tokens());
  }
}
