package io.github.jaubert.bert.tokenizer;

import io.github.jaubert.bert.tokenizer.TextCuts.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/**
 * A long text, taken piece by piece from its start or from its end. The tokens of the pieces are
 * those of the text; the middle of overlong words and of gaps between words is left out where that
 * changes no token.
 */
final class TextPieces {
  private final String text;
  private final TextCuts cuts;
  private final boolean fromEnd;
  private final Deque<int[]> taken = new ArrayDeque<>(); // start and end, in the text's order
  private int next; // where the rest begins, or, from the end, where it ends

  /**
   * @param cuts null if the text must be taken whole
   */
  TextPieces(String text, TextCuts cuts, boolean fromEnd) {
    this.text = text;
    this.cuts = cuts;
    this.fromEnd = fromEnd;
    this.next = fromEnd ? text.length() : 0;
  }

  /** Whether all was taken. */
  boolean done() {
    return next == (fromEnd ? 0 : text.length());
  }

  /**
   * Takes some more: at least so many UTF-16 units, up to where the text may be cut, or what is
   * left.
   *
   * @return the new piece
   */
  String take(int least) {
    List<int[]> spans = new ArrayList<>(); // in the order of taking
    if (cuts == null) {
      spans.add(new int[] {0, text.length()});
      next = fromEnd ? 0 : text.length();
    }
    int length = 0;
    int from = next;
    while (!done() && !(length >= least && next != from && cuts.isCut(text, next))) {
      int to = fromEnd ? startOfRun(next) : endOfRun(next);
      List<int[]> parts = shortened(Math.min(next, to), Math.max(next, to));
      if (fromEnd) {
        Collections.reverse(parts);
      }
      for (int[] part : parts) {
        length += part[1] - part[0];
        add(spans, part);
      }
      next = to;
    }
    StringBuilder piece = new StringBuilder();
    for (int i = 0; i < spans.size(); i++) {
      int[] span = spans.get(fromEnd ? spans.size() - 1 - i : i);
      piece.append(text, span[0], span[1]);
    }
    for (int[] span : spans) {
      if (fromEnd) {
        taken.addFirst(span);
      } else {
        taken.addLast(span);
      }
    }
    return piece.toString();
  }

  private static void add(List<int[]> spans, int[] part) {
    int[] last = spans.isEmpty() ? new int[] {-1, -1} : spans.get(spans.size() - 1);
    if (last[1] == part[0]) {
      last[1] = part[1];
    } else if (last[0] == part[1]) {
      last[0] = part[0];
    } else {
      spans.add(part);
    }
  }

  // ---- runs: characters of one kind, with dropped ones among them ----

  private int endOfRun(int start) {
    Kind kind = cuts.kind(text.codePointAt(start));
    int at = start + Character.charCount(text.codePointAt(start));
    while (kind != Kind.OTHER && at < text.length()) {
      Kind here = cuts.kind(text.codePointAt(at));
      if (here == Kind.OTHER || (kind != Kind.NOTHING && here != kind && here != Kind.NOTHING)) {
        break;
      }
      kind = kind == Kind.NOTHING ? here : kind;
      at += Character.charCount(text.codePointAt(at));
    }
    return at;
  }

  private int startOfRun(int end) {
    Kind kind = cuts.kind(text.codePointBefore(end));
    int at = end - Character.charCount(text.codePointBefore(end));
    while (kind != Kind.OTHER && at > 0) {
      Kind here = cuts.kind(text.codePointBefore(at));
      if (here == Kind.OTHER || (kind != Kind.NOTHING && here != kind && here != Kind.NOTHING)) {
        break;
      }
      kind = kind == Kind.NOTHING ? here : kind;
      at -= Character.charCount(text.codePointBefore(at));
    }
    return at;
  }

  /** What must be kept of a run, in the text's order. */
  private List<int[]> shortened(int start, int end) {
    List<int[]> parts = new ArrayList<>();
    if (end - start > 3 * cuts.kept()) {
      for (Kind kind : List.of(Kind.WORD, Kind.BLANK)) {
        int head = cuts.isShortened(kind) ? behind(kind, start, end) : end;
        int tail = head == end ? end : before(kind, start, end);
        if (head < tail) {
          addWithoutDropped(parts, start, head);
          addWithoutDropped(parts, tail, end);
          return parts;
        }
      }
    }
    addWithoutDropped(parts, start, end);
    return parts;
  }

  /** Behind as many characters of a kind as must be kept, or the end. */
  private int behind(Kind kind, int start, int end) {
    int count = 0;
    int at = start;
    while (at < end && count < cuts.kept()) {
      int character = text.codePointAt(at);
      count += cuts.kind(character) == kind ? 1 : 0;
      at += Character.charCount(character);
    }
    return at;
  }

  /** Before as many characters of a kind as must be kept, or the start. */
  private int before(Kind kind, int start, int end) {
    int count = 0;
    int at = end;
    while (at > start && count < cuts.kept()) {
      int character = text.codePointBefore(at);
      count += cuts.kind(character) == kind ? 1 : 0;
      at -= Character.charCount(character);
    }
    return at;
  }

  private void addWithoutDropped(List<int[]> parts, int start, int end) {
    int from = start;
    int run = start; // of dropped characters; none of them is half of a surrogate pair
    for (int at = start; at <= end; at++) {
      if (at < end && cuts.kind(text.charAt(at)) == Kind.NOTHING) {
        continue;
      }
      if (at - run > 3 * cuts.kept() && cuts.isShortened(Kind.NOTHING)) {
        add(parts, new int[] {from, run + cuts.kept()});
        from = at - cuts.kept();
      }
      run = at + 1;
    }
    add(parts, new int[] {from, end});
  }

  /** What was taken so far. */
  Excerpt excerpt() {
    StringBuilder all = new StringBuilder();
    int[] starts = new int[taken.size()];
    int[] moved = new int[taken.size()];
    int i = 0;
    for (int[] span : taken) {
      starts[i] = all.length();
      moved[i++] = span[0] - all.length();
      all.append(text, span[0], span[1]);
    }
    return new Excerpt(all.toString(), starts, moved);
  }
}
