package io.github.jaubert.train.corpus;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.FolderLock;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.corpus.TokenizedCorpus.Progress;
import io.github.jaubert.train.data.DataException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the files of a {@link TokenizedCorpus}. They are written to a folder with another name,
 * forced to the disk, and then take theirs, so that a folder of that name is always complete.
 */
final class TokenCache {
  private static final Logger LOG = LoggerFactory.getLogger(TokenCache.class);
  private static final String PART = ".part";
  private static final int NAME_DIGITS = 32;
  private static final long PAUSE_MILLIS = 200;

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
    if (Files.exists(cache) && !Files.isDirectory(cache)) {
      throw new CheckpointException(
          cache.toString(), "is a file; a folder is needed to keep tokenised text in");
    }
    String fingerprint = corpus.fingerprint();
    Path folder = cache.resolve(name(fingerprint));
    for (boolean said = false; !Files.isDirectory(folder); said = true) {
      Optional<FolderLock> lock = FolderLock.tryTake(cache);
      if (lock.isPresent()) {
        try (FolderLock held = lock.get()) {
          if (!Files.isDirectory(folder)) {
            make(folder, fingerprint, progress);
          }
        }
      } else {
        pause(said);
      }
    }
    return folder;
  }

  private void pause(boolean said) {
    if (!said) {
      LOG.info("{}: another run tokenises a corpus in this folder; waiting for it", cache);
    }
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted();
    }
  }

  private CancellationException interrupted() {
    return new CancellationException("tokenising " + corpus.source() + " was interrupted");
  }

  /** Of text, tokenizer and form: what the files depend on. */
  private String name(String fingerprint) {
    MessageDigest sha256 = Corpus.sha256();
    String form = TokenizedCorpus.VERSION + " " + fingerprint;
    sha256.update(form.getBytes(StandardCharsets.UTF_8));
    new TreeMap<>(tokenizer.files().files())
        .forEach(
            (name, bytes) -> {
              String head = " " + name + " " + bytes.length + "\n";
              sha256.update(head.getBytes(StandardCharsets.UTF_8));
              sha256.update(bytes);
            });
    return HexFormat.of().formatHex(sha256.digest()).substring(0, NAME_DIGITS);
  }

  // ---- making ----

  private void make(Path folder, String fingerprint, Progress progress) {
    Path part = folder.resolveSibling(folder.getFileName() + PART);
    try (Run run = new Run(part, progress)) {
      try {
        deleteParts();
        Files.createDirectories(part);
        run.write();
        if (!corpus.fingerprint().equals(fingerprint)) {
          throw new DataException(corpus.source(), "has changed while it was read");
        }
        Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        String size = run.expected();
        run.close();
        deleteQuietly(part, e);
        throw new CheckpointException(
            cache.toString(),
            "cannot be written: %s; the tokens of %s need %s, and %s"
                .formatted(CheckpointException.describe(e), corpus.source(), size, free()),
            e);
      } catch (RuntimeException | Error e) {
        run.close();
        deleteQuietly(part, e);
        throw e;
      }
    }
  }

  private String free() {
    try {
      return "%,d bytes are free".formatted(Files.getFileStore(cache).getUsableSpace());
    } catch (IOException e) {
      return "it is not known how much is free";
    }
  }

  /** What was left by runs that were killed: the folder is locked, so nobody is at work on them. */
  private void deleteParts() throws IOException {
    try (Stream<Path> all = Files.list(cache)) {
      for (Path path : all.filter(path -> path.toString().endsWith(PART)).toList()) {
        delete(path);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  private static void deleteQuietly(Path folder, Throwable primary) {
    try {
      if (Files.exists(folder)) {
        delete(folder);
      }
    } catch (IOException e) {
      primary.addSuppressed(e);
    }
  }

  /** One pass over the corpus. */
  private final class Run implements AutoCloseable {
    private final Path part;
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

    Run(Path part, Progress progress) {
      this.part = part;
      this.progress = progress;
      tokens = writer("tokens", width);
      sentences = writer("sentences", Long.BYTES);
      documents = writer("documents", Long.BYTES);
    }

    private ArrayWriter writer(String name, int bytes) {
      return new ArrayWriter(part, new ArrayFiles(name, bytes, shard), opener);
    }

    void write() throws IOException {
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

    /** What the files will take in all, by what was read so far. */
    String expected() {
      double written =
          (double) width * tokens.size() + Long.BYTES * (sentences.size() + documents.size());
      return read == 0
          ? "more than %,d bytes".formatted((long) written)
          : "about %,d bytes".formatted((long) (written / read * all));
    }

    @Override
    public void close() {
      for (ArrayWriter writer : List.of(tokens, sentences, documents)) {
        try {
          writer.close();
        } catch (IOException e) {
          LOG.debug("{}: {}", part, CheckpointException.describe(e));
        }
      }
    }
  }
}
