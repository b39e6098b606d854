package io.github.jaubert.train.corpus;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.corpus.TokenizedCorpus.Progress;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.files.ArrayFiles;
import io.github.jaubert.train.files.ArrayWriter;
import io.github.jaubert.train.files.Hashes;
import io.github.jaubert.train.files.MadeOnce;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/** Makes the files of a {@link TokenizedCorpus}. */
final class TokenCache {
  private static final int NAME_DIGITS = 32;

  /** What is tokenised at once: enough for all cores, little for the memory. */
  private static final int BATCH_UNITS = 1 << 20;

  private static final int CHUNK = 64;

  private final Corpus corpus;
  private final Tokenizer tokenizer;
  private final Path cache;
  private final ArrayWriter.Opener opener;
  private final int shard;

  TokenCache(Corpus corpus, Tokenizer tokenizer, Path cache) {
    this(corpus, tokenizer, cache, file -> new FileOutputStream(file.toFile()), ArrayFiles.SHARD);
  }

  /**
   * @param opener makes the files
   * @param shard the elements of each
   */
  TokenCache(Corpus corpus, Tokenizer tokenizer, Path cache, ArrayWriter.Opener opener, int shard) {
    this.corpus = corpus;
    this.tokenizer = tokenizer;
    this.cache = cache;
    this.opener = opener;
    this.shard = shard;
  }

  /** The folder of the files, which are made if they are not there. */
  Path folder(Progress progress) {
    String fingerprint = corpus.fingerprint();
    return MadeOnce.folder(
        cache,
        name(fingerprint),
        "the tokens of " + corpus.source(),
        part -> new Run(part, fingerprint, progress));
  }

  private CancellationException interrupted() {
    return new CancellationException("tokenising " + corpus.source() + " was interrupted");
  }

  /** Of text, tokenizer and form: what the files depend on. */
  private String name(String fingerprint) {
    MessageDigest sha256 = Hashes.sha256();
    String form = TokenizedCorpus.VERSION + " " + fingerprint;
    sha256.update(form.getBytes(StandardCharsets.UTF_8));
    Hashes.update(sha256, tokenizer);
    return HexFormat.of().formatHex(sha256.digest()).substring(0, NAME_DIGITS);
  }

  /** One pass over the corpus. */
  private final class Run implements MadeOnce.Writer {
    private final Path part;
    private final String fingerprint;
    private final Progress progress;
    private final int width = tokenizer.vocabularySize() <= 1 << Short.SIZE ? 2 : 4;
    private final ArrayWriter tokens;
    private final ArrayWriter sentences;
    private final ArrayWriter documents;
    private final List<String> batch = new ArrayList<>();
    private final List<Boolean> firsts = new ArrayList<>(); // whether a document begins
    private int batchUnits;
    private long read;
    private long all;
    private long documentStart; // the sentences before the document that is being written
    private long unknown;

    Run(Path part, String fingerprint, Progress progress) {
      this.part = part;
      this.fingerprint = fingerprint;
      this.progress = progress;
      tokens = writer("tokens", width);
      sentences = writer("sentences", Long.BYTES);
      documents = writer("documents", Long.BYTES);
    }

    private ArrayWriter writer(String name, int bytes) {
      return new ArrayWriter(part, new ArrayFiles(name, bytes, shard), opener);
    }

    @Override
    public void write() throws IOException {
      try (ParagraphReader reader = corpus.reader()) {
        all = reader.bytes();
        while (reader.hasNext()) {
          Paragraph paragraph = reader.next();
          boolean first = paragraph.first();
          for (String sentence : Sentences.of(paragraph.text())) {
            batch.add(sentence);
            firsts.add(first);
            batchUnits += sentence.length();
            first = false;
          }
          if (batchUnits >= BATCH_UNITS) {
            writeBatch();
            read = reader.bytesRead();
            progress.done(read, all);
          }
        }
      }
      writeBatch();
      endDocument();
      if (documents.size() == 0) {
        throw new DataException(corpus.source(), "the tokenizer finds no token in its text");
      }
      tokens.finish();
      sentences.finish();
      documents.finish();
      AtomicFile.write(part.resolve(TokenizedCorpus.INDEX), JsonFiles.format(index()));
      if (!corpus.fingerprint().equals(fingerprint)) {
        throw new DataException(corpus.source(), "has changed while it was read");
      }
      progress.done(all, all);
    }

    private ObjectNode index() {
      ObjectNode index = JsonFiles.object();
      index.put("version", TokenizedCorpus.VERSION);
      index.put("corpus", corpus.source()); // for people
      index.put("tokens", tokens.size());
      index.put("sentences", sentences.size());
      index.put("documents", documents.size());
      index.put("unknown", unknown);
      index.put("vocabularySize", tokenizer.vocabularySize());
      index.put("bytesPerToken", width);
      index.put("shard", shard);
      return index;
    }

    private void writeBatch() throws IOException {
      if (Thread.currentThread().isInterrupted()) {
        throw interrupted();
      }
      int[][] ids = new int[batch.size()][];
      IntStream.range(0, (ids.length + CHUNK - 1) / CHUNK)
          .parallel()
          .forEach(
              chunk -> {
                int end = Math.min(ids.length, (chunk + 1) * CHUNK);
                for (int i = chunk * CHUNK; i < end; i++) {
                  ids[i] = tokenizer.plainIds(batch.get(i));
                }
              });
      for (int i = 0; i < ids.length; i++) {
        if (firsts.get(i)) {
          endDocument();
        }
        if (ids[i].length > 0) { // of control characters, say, nothing is left
          for (int id : ids[i]) {
            tokens.add(id);
            unknown += id == tokenizer.unknownId() ? 1 : 0;
          }
          sentences.add(tokens.size());
        }
      }
      batch.clear();
      firsts.clear();
      batchUnits = 0;
    }

    private void endDocument() throws IOException {
      if (sentences.size() > documentStart) {
        documentStart = sentences.size();
        documents.add(documentStart);
      }
    }

    @Override
    public String expected() {
      double written =
          (double) width * tokens.size() + Long.BYTES * (sentences.size() + documents.size());
      return read == 0
          ? "more than %,d bytes".formatted((long) written)
          : "about %,d bytes".formatted((long) (written / read * all));
    }

    @Override
    public void close() {
      MadeOnce.closeQuietly(tokens, sentences, documents);
    }
  }
}
