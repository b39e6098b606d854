package io.github.jaubert.bert;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.util.List;
import java.util.Objects;

/**
 * How a {@link MultiVectorEncoder} reads queries and documents. Immutable.
 *
 * @param queryMarker the token behind the first one of a query, which tells it from a document; ""
 *     for none
 * @param documentMarker the same of a document
 * @param queryPrompt what is put before the text of a query; "" for nothing
 * @param documentPrompt the same of a document
 * @param queryLength the most tokens of a query, from 4, special tokens and marker among them
 * @param documentLength the same of a document
 * @param expandsQueries whether a shorter query is filled up to that length with {@code [MASK]},
 *     each of which then looks for something in the documents, too (query augmentation)
 * @param attendsToExpansion whether the words of a query attend to what it is filled up with
 * @param skipped tokens of documents that are not scored, such as punctuation
 */
public record MultiVectorSettings(
    String queryMarker,
    String documentMarker,
    String queryPrompt,
    String documentPrompt,
    int queryLength,
    int documentLength,
    boolean expandsQueries,
    boolean attendsToExpansion,
    List<String> skipped) {
  /** The markers of ColBERT, which vocabularies of BERT have, and no text. */
  static final String QUERY_MARKER = "[unused0]";

  static final String DOCUMENT_MARKER = "[unused1]";

  static final int QUERY_LENGTH = 32;
  static final int DOCUMENT_LENGTH = 180;

  /** ASCII's, each a token of its own. */
  static final List<String> PUNCTUATION = List.of("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".split(""));

  private static final int SHORTEST = 4; // first token, marker, a token of text, last token

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if a length is less than 4
   */
  public MultiVectorSettings {
    Objects.requireNonNull(queryMarker, "queryMarker");
    Objects.requireNonNull(documentMarker, "documentMarker");
    Objects.requireNonNull(queryPrompt, "queryPrompt");
    Objects.requireNonNull(documentPrompt, "documentPrompt");
    requireLength("query", queryLength);
    requireLength("document", documentLength);
    skipped = List.copyOf(skipped);
  }

  private static void requireLength(String what, int length) {
    if (length < SHORTEST) {
      throw new IllegalArgumentException(
          "%s length %d: from %d tokens".formatted(what, length, SHORTEST));
    }
  }

  /**
   * Those of ColBERT: queries of 32 tokens, filled up with {@code [MASK]} that their words do not
   * attend to, documents of 180, without their punctuation; {@code [unused0]} and {@code [unused1]}
   * for markers. A vocabulary without these gets no markers, one without a mask no filling.
   */
  public static MultiVectorSettings of(Tokenizer tokenizer) {
    boolean markers = tokenizer.has(QUERY_MARKER) && tokenizer.has(DOCUMENT_MARKER);
    return new MultiVectorSettings(
        markers ? QUERY_MARKER : "",
        markers ? DOCUMENT_MARKER : "",
        "",
        "",
        QUERY_LENGTH,
        DOCUMENT_LENGTH,
        tokenizer.maskId() >= 0,
        false,
        PUNCTUATION);
  }

  /** The same with other lengths. */
  public MultiVectorSettings withLengths(int query, int document) {
    return new MultiVectorSettings(
        queryMarker,
        documentMarker,
        queryPrompt,
        documentPrompt,
        query,
        document,
        expandsQueries,
        attendsToExpansion,
        skipped);
  }

  /** The same with or without query augmentation, to which words attend or not. */
  public MultiVectorSettings withExpansion(boolean expands, boolean attends) {
    return new MultiVectorSettings(
        queryMarker,
        documentMarker,
        queryPrompt,
        documentPrompt,
        queryLength,
        documentLength,
        expands,
        attends,
        skipped);
  }

  /** The same with other markers, tokens of the vocabulary or "". */
  public MultiVectorSettings withMarkers(String query, String document) {
    return new MultiVectorSettings(
        query,
        document,
        queryPrompt,
        documentPrompt,
        queryLength,
        documentLength,
        expandsQueries,
        attendsToExpansion,
        skipped);
  }

  /** The same with other tokens of documents that are not scored. */
  public MultiVectorSettings withSkipped(List<String> tokens) {
    return new MultiVectorSettings(
        queryMarker,
        documentMarker,
        queryPrompt,
        documentPrompt,
        queryLength,
        documentLength,
        expandsQueries,
        attendsToExpansion,
        tokens);
  }

  /** Whether queries are filled up with tokens that their words do not see. */
  boolean hidesExpansion() {
    return expandsQueries && !attendsToExpansion;
  }
}
