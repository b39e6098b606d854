package io.github.jaubert.bert.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.ModelNames;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Turns text into the tokens of a BERT, with Hugging Face's own tokenizers library behind it.
 *
 * <p>Nothing is padded. Longer inputs are cut to {@link #maxLength} tokens, of a pair the longer
 * text first unless it {@linkplain #cuttingFirst cuts the first alone}; what tokenizer.json says
 * about padding and truncation does not count. Half of a surrogate pair, which is no character,
 * counts as U+FFFD.
 *
 * <p>Encoding is safe from any number of threads. The native library comes out of its jar; nothing
 * is ever fetched from the network.
 */
public final class Tokenizer implements AutoCloseable {
  /** [CLS] and two [SEP]. */
  private static final int SHORTEST = 3;

  private static final int CHUNK = 128;

  /** In between the thread looks whether it was interrupted. */
  private static final int CHUNKS_AT_ONCE = 64;

  private final String source;
  private final TokenizerFiles files;
  private final boolean cutsFirst;
  private final HuggingFaceTokenizer tokenizer;
  private final ReadWriteLock use = new ReentrantReadWriteLock();
  private final LongTexts longTexts;
  private final PlainIds plainIds;
  private final WordPieceDecoder wordPieces;
  private boolean closed; // under the lock

  /**
   * @param cuts null if long texts are to be read whole
   * @param cutsFirst whether of a pair the first text alone is cut
   */
  private Tokenizer(String source, TokenizerFiles files, TextCuts cuts, boolean cutsFirst) {
    this.source = source;
    this.files = files;
    this.cutsFirst = cutsFirst;
    try {
      tokenizer =
          cutsFirst
              ? NativeTokenizers.cuttingFirst(files.tokenizerJson(), files.maxLength())
              : NativeTokenizers.create(files.tokenizerJson(), files.maxLength());
    } catch (RuntimeException e) {
      throw new CheckpointException(source, "is no tokenizer: " + e.getMessage(), e);
    }
    longTexts = new LongTexts(cuts, files.keepsEnd(), files.maxLength(), this::plainTokens);
    plainIds =
        new PlainIds(cuts, text -> NativeTokenizers.plainIds(tokenizer, text, files.keepsEnd()));
    wordPieces = files.wordPieces();
  }

  /** One of files that were just read. */
  private static Tokenizer of(String source, TokenizerFiles files) {
    files.emptyTokens().run();
    return new Tokenizer(source, files, files.cuts(), false);
  }

  /** All tokens of a text, none around it. */
  private long[] plainTokens(String text) {
    String clean = replaceLoneSurrogates(text);
    var first = whileOpen(() -> tokenizer.encode(clean, false, true));
    var parts = new ArrayList<>(List.of(first.getOverflowing()));
    if (files.keepsEnd()) {
      Collections.reverse(parts); // they are given from the kept end on
      parts.add(first);
    } else {
      parts.add(0, first);
    }
    return parts.stream().flatMapToLong(part -> Arrays.stream(words(part, clean))).toArray();
  }

  /** The words of tokens, and -1 for those that are added; an unknown word has the token [UNK]. */
  private long[] words(ai.djl.huggingface.tokenizers.Encoding part, String text) {
    long[] words = part.getWordIds().clone();
    Excerpt index = Excerpt.all(text);
    for (int i = 0; i < words.length; i++) {
      int id = (int) part.getIds()[i];
      CharSpan span = part.getCharTokenSpans()[i];
      boolean named =
          id != files.vocabulary().unknownId()
              || span != null
                  && text.substring(index.start(span.getStart()), index.end(span.getEnd()))
                      .strip()
                      .equals(token(id));
      words[i] = files.vocabulary().addedIds().contains(id) && named ? -1 : words[i];
    }
    return words;
  }

  // ---- making one ----

  /**
   * Reads the tokenizer of a Hugging Face folder: tokenizer.json, or vocab.txt with
   * tokenizer_config.json. The maximum length is that of tokenizer_config.json, or the number of
   * positions in config.json, whichever is smaller.
   *
   * @throws CheckpointException if there is none or a file is damaged
   */
  public static Tokenizer fromPretrained(Path folder) {
    ModelFolder.recover(folder);
    TokenizerFiles files = TokenizerFiles.read(folder);
    if (files.maxLength() < SHORTEST) {
      throw new CheckpointException(
          folder.toString(),
          "model_max_length or max_position_embeddings leaves %d tokens to a text; at least %d are needed"
              .formatted(files.maxLength(), SHORTEST));
    }
    return of(folder.toString(), files);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static Tokenizer fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, false));
  }

  /**
   * Reads a tokenizer.json from a stream, such as a class path resource, which is read to its end
   * and not closed. The maximum length is 512.
   *
   * @param name what the stream is called in messages
   * @throws CheckpointException if it is no tokenizer
   */
  public static Tokenizer fromJson(String name, InputStream stream) {
    try {
      return of(name, TokenizerFiles.ofJson(name, stream.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(name + ": " + CheckpointException.describe(e), e);
    }
  }

  /** One of files in memory, of which nothing else is known. */
  static Tokenizer of(TokenizerFiles files) {
    return of("the tokenizer", files);
  }

  /**
   * The same tokenizer with another maximum length, at least 3, which {@link #files} say, too. It
   * is independent of this one; both are to be closed.
   *
   * @throws IllegalArgumentException if the length is less than 3
   */
  public Tokenizer withMaxLength(int tokens) {
    if (tokens < SHORTEST) {
      throw new IllegalArgumentException(
          "a maximum length of " + tokens + "; at least " + SHORTEST + " tokens are needed");
    }
    return new Tokenizer(source, files.withMaxLength(tokens), files.cuts(), cutsFirst);
  }

  /**
   * The same tokenizer, which of a pair cuts the first text alone, as transformers does with {@code
   * truncation="only_first"}: a short second text, such as a hypothesis, stays whole. A pair whose
   * second text leaves no room for a token of the first is refused with a {@link
   * CheckpointException}. It is independent of this one; both are to be closed.
   */
  public Tokenizer cuttingFirst() {
    return new Tokenizer(source, files, files.cuts(), true);
  }

  /**
   * The same tokenizer with more tokens, see {@link TokenizerFiles#withAddedTokens}, for a model
   * whose embeddings are resized. It is independent of this one; both are to be closed.
   *
   * @throws IllegalArgumentException if a token is blank
   */
  public Tokenizer withAddedTokens(List<String> tokens) {
    TokenizerFiles more = files.withAddedTokens(tokens);
    return new Tokenizer(source, more, more.cuts(), cutsFirst);
  }

  /** One that reads long texts whole, for comparison. */
  Tokenizer readingWhole() {
    return new Tokenizer(source, files, null, cutsFirst);
  }

  // ---- encoding ----

  /**
   * {@code [CLS] text [SEP]}.
   *
   * @throws CheckpointException if the tokenizer has no token for a part of the text, not even one
   *     that stands for what is unknown
   */
  public Encoding encode(String text) {
    requireText(text);
    Excerpt part = longTexts.of(text);
    String clean = replaceLoneSurrogates(part.text());
    return encoding(whileOpen(() -> tokenizer.encode(clean)), part, null);
  }

  /**
   * {@code [CLS] text [SEP] pair [SEP]}.
   *
   * @throws CheckpointException as {@link #encode(String)}
   */
  public Encoding encode(String text, String pair) {
    if (pair == null) {
      return encode(text);
    }
    requireText(text);
    Excerpt first = longTexts.of(text);
    Excerpt second = longTexts.of(pair);
    var encoding = encode(first, second);
    long ofFirst = Arrays.stream(encoding.getSequenceIds()).filter(i -> i == 0).count();
    long ofSecond = Arrays.stream(encoding.getSequenceIds()).filter(i -> i == 1).count();
    // Both may have been cut, one to a token more than the other.
    if (!cutsFirst && encoding.exceedMaxLength() && Math.abs(ofFirst - ofSecond) == 1) {
      boolean firstLonger = longTexts.isFirstLonger(text, pair);
      if (firstLonger != (ofFirst > ofSecond)) {
        if (firstLonger) {
          first = longTexts.lengthened(first, second);
        } else {
          second = longTexts.lengthened(second, first);
        }
        encoding = encode(first, second);
      }
    }
    return encoding(encoding, first, second);
  }

  private ai.djl.huggingface.tokenizers.Encoding encode(Excerpt text, Excerpt pair) {
    String clean = replaceLoneSurrogates(text.text());
    String cleanPair = replaceLoneSurrogates(pair.text());
    return whileOpen(() -> tokenizer.encode(clean, cleanPair));
  }

  /**
   * The ids of all tokens of a text, however many: nothing is cut, and no special token stands
   * around them. What a corpus is made of; many times as fast as {@link #encode(String)}, as words
   * that came before are remembered.
   *
   * @throws CheckpointException as {@link #encode(String)}
   */
  public int[] plainIds(String text) {
    requireText(text);
    String clean = replaceLoneSurrogates(text);
    return whileOpen(() -> plainIds.of(clean));
  }

  /** Encodes texts with all cores, in order. */
  public List<Encoding> encodeAll(List<String> texts) {
    return encodeAll(texts, null, done -> {});
  }

  /**
   * Encodes texts with all cores, in order.
   *
   * @param pairs the second texts, or null if there are none; a null in it stands for no second
   *     text
   * @param progress told how many were done since it was last called, from any thread
   * @throws IllegalArgumentException if there are not as many pairs as texts
   * @throws CancellationException if the thread is interrupted, which it sees after every 8,192
   *     texts; its flag remains set
   */
  public List<Encoding> encodeAll(List<String> texts, List<String> pairs, IntConsumer progress) {
    if (pairs != null && pairs.size() != texts.size()) {
      throw new IllegalArgumentException(
          "encodeAll: " + texts.size() + " texts and " + pairs.size() + " pairs");
    }
    Encoding[] encodings = new Encoding[texts.size()];
    int chunks = (texts.size() + CHUNK - 1) / CHUNK;
    for (int first = 0; first < chunks; first += CHUNKS_AT_ONCE) {
      if (first > 0 && Thread.currentThread().isInterrupted()) {
        throw new CancellationException(
            "tokenising was interrupted after %d of %d texts"
                .formatted(first * CHUNK, texts.size()));
      }
      IntStream.range(first, Math.min(chunks, first + CHUNKS_AT_ONCE))
          .parallel()
          .forEach(
              chunk -> {
                int end = Math.min(texts.size(), (chunk + 1) * CHUNK);
                for (int i = chunk * CHUNK; i < end; i++) {
                  encodings[i] = encode(texts.get(i), pairs == null ? null : pairs.get(i));
                }
                progress.accept(end - chunk * CHUNK);
              });
    }
    return Arrays.asList(encodings);
  }

  private Encoding encoding(
      ai.djl.huggingface.tokenizers.Encoding encoding, Excerpt text, Excerpt pair) {
    int[] tokenIds = toInts(encoding.getIds());
    int[] typeIds = toInts(encoding.getTypeIds());
    long[] sequences = encoding.getSequenceIds();
    CharSpan[] spans = encoding.getCharTokenSpans();
    int[] offsets = new int[2 * tokenIds.length];
    for (int i = 0; i < tokenIds.length; i++) {
      if (spans[i] != null && sequences[i] >= 0) { // a special token comes from nowhere
        Excerpt index = sequences[i] == 0 || pair == null ? text : pair;
        offsets[2 * i] = index.start(spans[i].getStart());
        offsets[2 * i + 1] = index.end(spans[i].getEnd());
      }
    }
    return new Encoding(
        tokenIds, typeIds, offsets, encoding.exceedMaxLength(), files.vocabulary().tokens());
  }

  private static int[] toInts(long[] values) {
    int[] ints = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      ints[i] = (int) values[i];
    }
    return ints;
  }

  private static void requireText(String text) {
    if (text == null) {
      throw new IllegalArgumentException("the text to encode is null");
    }
  }

  /** A Java string may hold half of a surrogate pair, which no encoding of Unicode can express. */
  static String replaceLoneSurrogates(String text) {
    StringBuilder changed = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      changed = changed == null ? new StringBuilder(text) : changed;
      changed.setCharAt(i, '\uFFFD');
    }
    return changed == null ? text : changed.toString();
  }

  // ---- the vocabulary ----

  /**
   * Whether tokens that continue a word are marked, as {@code ##ing} is, so that the tokens alone
   * tell where words begin.
   */
  public boolean marksSubwords() {
    return wordPieces.marked();
  }

  /**
   * The text of tokens as the vocabulary spells them: with a space before each but the first, which
   * those that continue a word do not get. It is what Hugging Face's {@code
   * convert_tokens_to_string} gives if tokenizer.json has the decoder of BERT, or none.
   */
  public String join(List<String> tokens) {
    return wordPieces.join(tokens);
  }

  /** The text of tokens; special tokens are left out. */
  public String decode(int... tokenIds) {
    return decode(tokenIds, false);
  }

  /** The text of tokens, with or without the special ones among them. */
  public String decode(int[] tokenIds, boolean withSpecialTokens) {
    long[] wide = Arrays.stream(tokenIds).asLongStream().toArray();
    if (!files.splitsSpecialTokens()) {
      return whileOpen(() -> tokenizer.decode(wide, !withSpecialTokens));
    }
    try (var knowing = NativeTokenizers.create(files.wholeJson(), files.maxLength())) {
      return knowing.decode(wide, !withSpecialTokens);
    }
  }

  /**
   * The id of a token, such as {@code [MASK]}.
   *
   * @throws IllegalArgumentException if it is not in the vocabulary
   */
  public int id(String token) {
    Integer id = files.vocabulary().id(token);
    if (id == null) {
      throw new IllegalArgumentException("the vocabulary has no token '" + token + "'");
    }
    return id;
  }

  /** Whether the vocabulary has a token. */
  public boolean has(String token) {
    return files.vocabulary().id(token) != null;
  }

  /** The token of an id, or null if there is none. */
  public String token(int id) {
    return id < 0 || id >= vocabularySize() ? null : files.vocabulary().tokens()[id];
  }

  /**
   * The id that stands for what the vocabulary lacks, such as that of {@code [UNK]}; less than 0 if
   * there is none.
   */
  public int unknownId() {
    return files.vocabulary().unknownId();
  }

  /** The id that stands for a masked token, such as {@code [MASK]}'s; -1 if there is none. */
  public int maskId() {
    return files.maskId();
  }

  /** The id of padding, such as {@code [PAD]}'s; -1 if there is none. */
  public int padId() {
    return files.id("pad_token");
  }

  /**
   * The ids of tokens that are no text, such as those of {@code [CLS]} and {@code [MASK]}, and of
   * {@link #unknownId}. Unmodifiable.
   */
  public Set<Integer> specialIds() {
    return files.vocabulary().specialIds();
  }

  /** The number of ids: one more than the largest. */
  public int vocabularySize() {
    return files.vocabulary().tokens().length;
  }

  /** The most tokens of an encoding. */
  public int maxLength() {
    return files.maxLength();
  }

  // ---- saving and closing ----

  /** The files it was read from, completed. */
  public TokenizerFiles files() {
    return files;
  }

  /**
   * Writes tokenizer.json, tokenizer_config.json and vocab.txt, and what else it was read from, to
   * a folder, each in one step. What the files said about padding and truncation they still say.
   *
   * @throws CheckpointException if a file cannot be written; an earlier one is then untouched
   */
  public void save(Path folder) {
    files.files().forEach((name, bytes) -> AtomicFile.write(folder.resolve(name), bytes));
  }

  /**
   * Runs a call of the native library, which close() waits for: used after it was freed it would
   * take the process down.
   *
   * @throws CheckpointException with what it says against its file, at last
   */
  private <T> T whileOpen(Supplier<T> call) {
    use.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("this Tokenizer is closed");
      }
      try {
        return call.get();
      } catch (RuntimeException e) {
        throw new CheckpointException(source, "cannot be used: " + e.getMessage(), e);
      }
    } finally {
      use.readLock().unlock();
    }
  }

  /**
   * Frees the native tokenizer; from then on it neither encodes nor decodes. Waits for the texts
   * that other threads are encoding; their next ones are refused.
   */
  @Override
  public void close() {
    use.writeLock().lock();
    try {
      closed = true;
      tokenizer.close();
    } finally {
      use.writeLock().unlock();
    }
  }
}
