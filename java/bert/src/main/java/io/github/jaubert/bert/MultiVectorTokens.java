package io.github.jaubert.bert;

import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Makes tokens of queries and documents as a {@link MultiVectorEncoder} reads them: cut, with their
 * markers, and queries filled up. Safe from any number of threads, as {@link Tokenizer} is.
 */
public final class MultiVectorTokens implements AutoCloseable {
  private static final int NO_MARKER = -1;

  private final MultiVectorSettings settings;
  private final Side queries;
  private final Side documents;
  private final int filling; // -1: queries are not filled up
  private final int queryLength;
  private final Set<Integer> skipped = new HashSet<>();

  /**
   * Texts of one kind.
   *
   * @param marker -1 for none
   */
  private record Side(Tokenizer tokenizer, String prompt, int marker) {
    List<Encoding> encode(List<String> texts, IntConsumer progress) {
      List<String> prompted =
          prompt.isEmpty() ? texts : texts.stream().map(text -> prompt + text).toList();
      List<Encoding> encoded = tokenizer.encodeAll(prompted, null, progress);
      return marker == NO_MARKER
          ? encoded
          : encoded.stream().map(one -> one.insert(1, marker)).toList();
    }
  }

  /**
   * Of a tokenizer, which remains the caller's.
   *
   * @param positions the most tokens that the model takes
   * @throws IllegalArgumentException if the vocabulary lacks a marker, or what queries are filled
   *     up with
   */
  MultiVectorTokens(MultiVectorSettings settings, Tokenizer tokenizer, int positions) {
    this.settings = settings;
    int queryMarker = marker(tokenizer, "query", settings.queryMarker());
    int documentMarker = marker(tokenizer, "document", settings.documentMarker());
    filling = settings.expandsQueries() ? tokenizer.maskId() : -1;
    if (settings.expandsQueries() && filling < 0) {
      throw new IllegalArgumentException(
          "queries are to be filled up with masks, and the tokenizer has no mask_token");
    }
    queryLength = Math.min(positions, settings.queryLength());
    int documentLength = Math.min(positions, settings.documentLength());
    queries = side(tokenizer, settings.queryPrompt(), queryMarker, queryLength);
    documents = side(tokenizer, settings.documentPrompt(), documentMarker, documentLength);
    // A word that the vocabulary lacks is left out: it is not the token of all unknown ones.
    settings.skipped().stream().filter(tokenizer::has).map(tokenizer::id).forEach(skipped::add);
  }

  private static int marker(Tokenizer tokenizer, String kind, String marker) {
    if (marker.isEmpty()) {
      return NO_MARKER;
    }
    if (!tokenizer.has(marker)) {
      throw new IllegalArgumentException(
          "the marker of a %s, '%s', is no token of the vocabulary".formatted(kind, marker));
    }
    return tokenizer.id(marker);
  }

  private static Side side(Tokenizer tokenizer, String prompt, int marker, int length) {
    return new Side(
        tokenizer.withMaxLength(marker == NO_MARKER ? length : length - 1), prompt, marker);
  }

  /** The settings that it was made of. */
  public MultiVectorSettings settings() {
    return settings;
  }

  /**
   * The tokens of queries, in order.
   *
   * @param progress is told how many are done
   */
  public List<Encoding> queries(List<String> texts, IntConsumer progress) {
    List<Encoding> encoded = queries.encode(texts, progress);
    return filling < 0
        ? encoded
        : encoded.stream().map(one -> one.fillTo(queryLength, filling)).toList();
  }

  /** The tokens of documents, in order. */
  public List<Encoding> documents(List<String> texts, IntConsumer progress) {
    return documents.encode(texts, progress);
  }

  /** Whether a token of a document is scored; all of a query are. */
  public boolean isScored(int id) {
    return !skipped.contains(id);
  }

  /** Frees what was made of the tokenizer. */
  @Override
  public void close() {
    queries.tokenizer().close();
    documents.tokenizer().close();
  }
}
