package io.github.jaubert.train.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.files.ArrayFiles;
import io.github.jaubert.train.files.MappedArray;
import java.nio.file.Path;

/**
 * A corpus as tokens, without special ones: all documents end to end, with the ends of their
 * sentences. It lies in files, is read through mapped memory, and may be larger than the memory.
 * Safe from any number of threads; there is nothing to close, as the operating system owns that
 * memory.
 *
 * <p>The files are made once for a text and a tokenizer, in a folder that is named by the content
 * of both: the SHA-256 of the corpus's bytes and of the tokenizer's files. Size and time of a file
 * would be quicker to ask for, but copying a corpus changes the time, and an edit may leave the
 * size; reading it all takes a hundredth of what tokenising it takes. A changed text gets another
 * folder; old ones may be deleted at any time that they are not in use.
 */
public final class TokenizedCorpus {
  static final String INDEX = "index.json";
  static final int VERSION = 1;

  private final Path folder;
  private final MappedArray tokens;
  private final MappedArray sentenceEnds; // the tokens up to the end of each
  private final MappedArray documentEnds; // the sentences up to the end of each
  private final int vocabularySize;
  private final long unknown;

  private TokenizedCorpus(Path folder) {
    this.folder = folder;
    Path file = folder.resolve(INDEX);
    ObjectNode index = JsonFiles.readObject(file);
    if (index.path("version").asInt() != VERSION) {
      throw new CheckpointException(
          file.toString(),
          "version %s is not %d; delete the folder, then the text is tokenised anew"
              .formatted(index.path("version"), VERSION));
    }
    int shard = (int) number(file, index, "shard", ArrayFiles.SHARD);
    if (Integer.bitCount(shard) != 1) {
      throw new CheckpointException(file.toString(), "shard: " + shard + " is no power of two");
    }
    int width = (int) number(file, index, "bytesPerToken", Integer.BYTES);
    tokens = array(file, index, "tokens", width, shard);
    sentenceEnds = array(file, index, "sentences", Long.BYTES, shard);
    documentEnds = array(file, index, "documents", Long.BYTES, shard);
    vocabularySize = (int) number(file, index, "vocabularySize", Integer.MAX_VALUE);
    unknown = number(file, index, "unknown", Long.MAX_VALUE);
  }

  private static long number(Path file, JsonNode index, String key, long most) {
    JsonNode value = index.path(key);
    if (!value.canConvertToLong() || value.asLong() < 0 || value.asLong() > most) {
      throw new CheckpointException(file.toString(), key + ": " + value + " is not possible");
    }
    return value.asLong();
  }

  private static MappedArray array(Path file, JsonNode index, String name, int width, int shard) {
    return new MappedArray(
        file.getParent(),
        new ArrayFiles(name, width, shard),
        number(file, index, name, (long) Integer.MAX_VALUE * shard));
  }

  /**
   * Opens the tokens of a corpus, which are made first if they are not there: with all cores,
   * sentence by sentence. If another process makes tokens in the same folder, waits for it.
   *
   * @param cache where to keep them, a folder of their own in it for each corpus and tokenizer; it
   *     is made if it is missing
   * @throws io.github.jaubert.train.data.DataException if something is wrong with the corpus
   * @throws CheckpointException if the folder cannot be read or written; when the disk is full it
   *     says how much is needed and how much is free, and what was written is deleted
   * @throws java.util.concurrent.CancellationException if the thread is interrupted, whose flag
   *     remains set
   */
  public static TokenizedCorpus of(Corpus corpus, Tokenizer tokenizer, Path cache) {
    return of(corpus, tokenizer, cache, (read, all) -> {});
  }

  /**
   * The same.
   *
   * @param progress is told, while tokens are made, how many bytes of the corpus were read of how
   *     many
   */
  public static TokenizedCorpus of(
      Corpus corpus, Tokenizer tokenizer, Path cache, Progress progress) {
    return open(new TokenCache(corpus, tokenizer, cache).folder(progress));
  }

  /** Is told how far something is. */
  @FunctionalInterface
  public interface Progress {
    /** So many of all were done. */
    void done(long count, long all);
  }

  /** Opens a folder that is complete. */
  static TokenizedCorpus open(Path folder) {
    return new TokenizedCorpus(folder);
  }

  /** Where the files are. Its name stands for the text and the tokenizer. */
  public Path folder() {
    return folder;
  }

  /** The number of tokens, all documents together. */
  public long tokens() {
    return tokens.size();
  }

  /** The number of documents, of which none is without a token. */
  public long documents() {
    return documentEnds.size();
  }

  /** The number of sentences of all documents, of which none is without a token. */
  public long sentences() {
    return sentenceEnds.size();
  }

  /** How many tokens stand for what the vocabulary lacks. */
  public long unknown() {
    return unknown;
  }

  /** The vocabulary of the tokenizer; all ids are less. */
  public int vocabularySize() {
    return vocabularySize;
  }

  /** The id of a token, counted from 0 through all documents. */
  public int id(long token) {
    return (int) tokens.get(token);
  }

  /** Copies the ids of some tokens in a row to {@code into}. */
  public void copy(long from, int count, int[] into, int at) {
    tokens.copy(from, count, into, at);
  }

  /** The first token of a sentence, or, for the number of sentences, the number of tokens. */
  public long sentenceStart(long sentence) {
    return sentence == 0 ? 0 : sentenceEnds.get(sentence - 1);
  }

  /** The first sentence of a document, or, for the number of documents, that of sentences. */
  public long firstSentence(long document) {
    return document == 0 ? 0 : documentEnds.get(document - 1);
  }

  /** The first token of a document, or, for the number of documents, the number of tokens. */
  public long documentStart(long document) {
    return sentenceStart(firstSentence(document));
  }

  /** As {@code 15,412,345 tokens, 612,001 sentences, 6,021 documents}. */
  @Override
  public String toString() {
    return "%,d tokens, %,d sentences, %,d documents".formatted(tokens(), sentences(), documents());
  }
}
