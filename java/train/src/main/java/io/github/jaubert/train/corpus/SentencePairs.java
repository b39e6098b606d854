package io.github.jaubert.train.corpus;

import io.github.jaubert.bert.tokenizer.Frame;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.DataException;
import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * Pairs of pieces of text with a label, which a model is to tell apart besides the masked tokens.
 * Which pairs there are is a function of documents, seed and pass; each pass over the text has
 * others ({@link #inPass}). Immutable, and safe from any number of threads. Takes 24 bytes of
 * memory a pair, and 8 a document.
 */
public final class SentencePairs {
  /** The share of documents that are cut to short pairs, as most of what a model will read is. */
  private static final double SHORT = 0.1;

  private final Source source;
  private final TokenizedCorpus corpus;
  private final Frame frame;
  private final long[] firsts; // the first token of each first text
  private final long[] seconds;
  private final long[] sizes; // the length of the first, of the second, and the label

  private SentencePairs(Source source, int pass) {
    this.source = source;
    corpus = source.corpus;
    frame = source.frame;
    Cutter cutter = new Cutter(source, pass);
    firsts = cutter.firsts.toArray();
    seconds = cutter.seconds.toArray();
    sizes = cutter.sizes.toArray();
    if (sizes.length == 0) {
      throw new DataException(
          corpus.folder().toString(), "no document has two sentences, of which a pair is made");
    }
  }

  /**
   * What pairs are cut from.
   *
   * @param documents the numbers of those that count
   * @param room the most tokens of a pair, special ones not included
   * @param order whether both texts are of a document always
   */
  private record Source(
      TokenizedCorpus corpus, long[] documents, Frame frame, int room, long seed, boolean order) {
    static Source of(
        TokenizedCorpus corpus,
        Tokenizer tokenizer,
        int maxLength,
        long seed,
        LongPredicate documents,
        boolean order) {
      LongList chosen = new LongList();
      for (long document = 0; document < corpus.documents(); document++) {
        if (documents.test(document)) {
          chosen.add(document);
        }
      }
      Frame frame = Frame.ofPair(tokenizer);
      return new Source(
          corpus, chosen.toArray(), frame, Sequences.room(maxLength, frame), seed, order);
    }
  }

  /**
   * Next-sentence prediction as BERT's own program has it ({@code create_pretraining_data.py},
   * Devlin et al. 2019). Sentences of a document are taken until they fill the length, and are cut
   * into two texts between any two of them. In half of the pairs, and where there is one sentence
   * alone, sentences from any place of another document take the second's place (label 1); the
   * second is then used in the next pair. A document in ten is cut into shorter pairs, of any
   * length. What is too long loses tokens of the longer text, at either end.
   *
   * @param tokenizer the one of the corpus
   * @param maxLength the most tokens of a pair, special ones included
   * @throws DataException if there is only one document
   * @throws IllegalArgumentException if the length leaves less than 16 tokens to the texts
   */
  public static SentencePairs nextSentence(
      TokenizedCorpus corpus, Tokenizer tokenizer, int maxLength, long seed) {
    return nextSentence(corpus, tokenizer, maxLength, seed, document -> true);
  }

  /**
   * The same of some documents.
   *
   * @param documents whether a document counts, by its number from 0; second texts, too, are from
   *     those that do
   */
  public static SentencePairs nextSentence(
      TokenizedCorpus corpus,
      Tokenizer tokenizer,
      int maxLength,
      long seed,
      LongPredicate documents) {
    Source source = Source.of(corpus, tokenizer, maxLength, seed, documents, false);
    if (source.documents.length < 2) {
      throw new DataException(
          corpus.folder().toString(), "next-sentence prediction needs more than one document");
    }
    return new SentencePairs(source, 0);
  }

  /**
   * Sentence-order prediction (Lan et al. 2020, "ALBERT"): the same cuts, but the second text
   * always goes on with the first, and half of the pairs are swapped (label 1). A pair has two
   * sentences at least; a document of a single one has none.
   *
   * @param tokenizer the one of the corpus
   * @param maxLength the most tokens of a pair, special ones included
   * @throws DataException if no document has two sentences
   * @throws IllegalArgumentException if the length leaves less than 16 tokens to the texts
   */
  public static SentencePairs sentenceOrder(
      TokenizedCorpus corpus, Tokenizer tokenizer, int maxLength, long seed) {
    return sentenceOrder(corpus, tokenizer, maxLength, seed, document -> true);
  }

  /**
   * The same of some documents.
   *
   * @param documents whether a document counts, by its number from 0
   */
  public static SentencePairs sentenceOrder(
      TokenizedCorpus corpus,
      Tokenizer tokenizer,
      int maxLength,
      long seed,
      LongPredicate documents) {
    return new SentencePairs(Source.of(corpus, tokenizer, maxLength, seed, documents, true), 0);
  }

  /**
   * The pairs of another pass over the same documents, which are cut and drawn anew: other ones,
   * and not exactly as many.
   *
   * @param pass from 0, which those that were asked for first are of
   */
  public SentencePairs inPass(int pass) {
    return new SentencePairs(source, pass);
  }

  /** One pass over the documents. */
  private static final class Cutter {
    private final TokenizedCorpus corpus;
    private final long[] documents;
    private final boolean order;
    private final int room;
    private final SplitMix random;
    private final LongList firsts = new LongList();
    private final LongList seconds = new LongList();
    private final LongList sizes = new LongList();

    Cutter(Source source, int pass) {
      this.corpus = source.corpus;
      this.documents = source.documents;
      this.order = source.order;
      this.room = source.room;
      this.random = new SplitMix(source.seed, pass);
      for (int i = 0; i < documents.length; i++) {
        cut(i);
      }
    }

    private void cut(int index) {
      int due = random.nextDouble() < SHORT ? 2 + random.nextInt(room - 1) : room;
      long last = corpus.firstSentence(documents[index] + 1);
      long from = corpus.firstSentence(documents[index]);
      while (from < last) {
        long to = from + 1;
        while (to < last && (length(from, to) < due || (order && to == from + 1))) {
          to++;
        }
        boolean single = to == from + 1;
        if (order && single) {
          return; // no order of one sentence
        }
        long middle = single ? to : from + 1 + random.nextLong(to - from - 1);
        boolean changed = (!order && single) || random.nextDouble() < 0.5;
        if (order) {
          add(from, middle, middle, to, changed);
        } else if (changed) {
          addRandom(index, from, middle, due - length(from, middle));
          to = middle;
        } else {
          add(from, middle, middle, to, false);
        }
        from = to;
      }
    }

    private long length(long fromSentence, long toSentence) {
      return corpus.sentenceStart(toSentence) - corpus.sentenceStart(fromSentence);
    }

    /** A second text from another document, as long as is due or to the document's end. */
    private void addRandom(int index, long from, long to, long due) {
      int drawn = random.nextInt(documents.length - 1);
      long other = documents[drawn + (drawn >= index ? 1 : 0)];
      long last = corpus.firstSentence(other + 1);
      long start = corpus.firstSentence(other);
      start += random.nextLong(last - start);
      long end = start + 1;
      while (end < last && length(start, end) < due) {
        end++;
      }
      add(from, to, start, end, true);
    }

    private void add(long from, long to, long secondFrom, long secondTo, boolean changed) {
      long first = corpus.sentenceStart(from);
      long second = corpus.sentenceStart(secondFrom);
      long length = length(from, to);
      long secondLength = length(secondFrom, secondTo);
      while (length + secondLength > room) {
        boolean atStart = random.nextDouble() < 0.5;
        if (length > secondLength) {
          length--;
          first += atStart ? 1 : 0;
        } else {
          secondLength--;
          second += atStart ? 1 : 0;
        }
      }
      boolean swapped = order && changed;
      firsts.add(swapped ? second : first);
      seconds.add(swapped ? first : second);
      long size = swapped ? secondLength : length;
      long secondSize = swapped ? length : secondLength;
      sizes.add(size << 32 | secondSize << 1 | (changed ? 1 : 0));
    }
  }

  /** How many there are. */
  public int size() {
    return sizes.length;
  }

  /** The tokens of one, special ones included. */
  public int length(int pair) {
    return firstLength(pair) + secondLength(pair) + frame.length();
  }

  /**
   * What Hugging Face calls next_sentence_label and sentence_order_label: 0 if the second text
   * follows the first in its document, 1 if it comes from elsewhere, or if both are swapped.
   */
  public int label(int pair) {
    return (int) sizes[pair] & 1;
  }

  long first(int pair) {
    return firsts[pair];
  }

  long second(int pair) {
    return seconds[pair];
  }

  int firstLength(int pair) {
    return (int) (sizes[pair] >>> 32);
  }

  int secondLength(int pair) {
    return (int) sizes[pair] >>> 1;
  }

  /** The ids of both texts with the special tokens, as {@code [CLS] … [SEP] … [SEP]}. */
  public int[] ids(int pair) {
    int[] ids = new int[length(pair)];
    int at = put(frame.ids()[0], ids, 0);
    corpus.copy(first(pair), firstLength(pair), ids, at);
    at = put(frame.ids()[1], ids, at + firstLength(pair));
    corpus.copy(second(pair), secondLength(pair), ids, at);
    put(frame.ids()[2], ids, at + secondLength(pair));
    return ids;
  }

  /** For each token the text it belongs to, as the tokenizer numbers them: of BERT 0 and 1. */
  public int[] typeIds(int pair) {
    int[] types = new int[length(pair)];
    int at = put(frame.typeIds()[0], types, 0);
    Arrays.fill(types, at, at + firstLength(pair), frame.textTypes()[0]);
    at = put(frame.typeIds()[1], types, at + firstLength(pair));
    Arrays.fill(types, at, at + secondLength(pair), frame.textTypes()[1]);
    put(frame.typeIds()[2], types, at + secondLength(pair));
    return types;
  }

  /** Copies, and gives the place behind. */
  private static int put(int[] from, int[] to, int at) {
    System.arraycopy(from, 0, to, at, from.length);
    return at + from.length;
  }

  /** As {@code 120,345 pairs}. */
  @Override
  public String toString() {
    return "%,d pairs".formatted(size());
  }
}
