package io.github.jaubert.train.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.files.ArrayFiles;
import io.github.jaubert.train.files.ArrayWriter;
import io.github.jaubert.train.files.Hashes;
import io.github.jaubert.train.files.MadeOnce;
import io.github.jaubert.train.files.MappedArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;

/**
 * The tokens of a data set in files, read through mapped memory. They are made once for the rows,
 * the tokenizer and the length that it cuts to. Safe from any number of threads.
 */
final class StoredTokens implements EncodedDataset.Store {
  private static final int VERSION = 1;
  private static final String INDEX = "index.json";

  /** Texts that are tokenised at once: enough for all cores, little for the memory. */
  private static final int BATCH = 8192;

  private final MappedArray ids;
  private final MappedArray types; // null: all are 0
  private final MappedArray ends; // of the tokens of each row
  private final EncodedDataset.Counts counts;

  private StoredTokens(Path folder) {
    ObjectNode index = JsonFiles.readObject(folder.resolve(INDEX));
    long tokens = index.path("tokens").asLong();
    int rows = index.path("rows").asInt();
    counts =
        new EncodedDataset.Counts(
            index.path("cut").asLong(),
            index.path("unknown").asLong(),
            index.path("maxId").asInt(),
            index.path("maxType").asInt());
    ids = new MappedArray(folder, files("ids", index.path("bytesPerToken").asInt()), tokens);
    types = counts.maxType() == 0 ? null : new MappedArray(folder, files("types", 2), tokens);
    ends = new MappedArray(folder, files("ends", Long.BYTES), rows);
  }

  private static ArrayFiles files(String name, int width) {
    return new ArrayFiles(name, width, ArrayFiles.SHARD);
  }

  /**
   * Opens the tokens of a data set, which are made first if they are not there.
   *
   * @param progress told how many examples were done since it was last called; at once of all if
   *     they were there
   */
  static EncodedDataset of(TextDataset data, Tokenizer tokenizer, IntConsumer progress) {
    String name =
        new Hashes()
            .add("tokens " + VERSION + " " + data.identity() + " " + tokenizer.maxLength())
            .add(tokenizer)
            .name();
    StoredTokens tokens =
        new StoredTokens(
            MadeOnce.folder(
                data.cache(),
                "tokens-" + name,
                "the tokens of " + data.source(),
                part -> new Pass(part, data, tokenizer, progress)));
    return new EncodedDataset(tokens, tokens.lengths(), tokens.counts);
  }

  private int[] lengths() {
    int[] lengths = new int[(int) ends.size()];
    long before = 0;
    for (int row = 0; row < lengths.length; row++) {
      long end = ends.get(row);
      lengths[row] = (int) (end - before);
      before = end;
    }
    return lengths;
  }

  private long start(int row) {
    return row == 0 ? 0 : ends.get(row - 1L);
  }

  @Override
  public void ids(int row, int count, int[] into, int at) {
    ids.copy(start(row), count, into, at);
  }

  @Override
  public void types(int row, int count, int[] into, int at) {
    if (types != null) {
      types.copy(start(row), count, into, at);
    }
  }

  /** One pass over the rows. */
  private static final class Pass implements MadeOnce.Writer {
    private final Path part;
    private final TextDataset data;
    private final Tokenizer tokenizer;
    private final IntConsumer progress;
    private final int width;
    private final ArrayWriter ids;
    private final ArrayWriter types;
    private final ArrayWriter ends;
    private long cut;
    private long unknown;
    private int maxId;
    private int maxType;

    Pass(Path part, TextDataset data, Tokenizer tokenizer, IntConsumer progress) {
      this.part = part;
      this.data = data;
      this.tokenizer = tokenizer;
      this.progress = progress;
      width = tokenizer.vocabularySize() <= 1 << Short.SIZE ? 2 : 4;
      ids = new ArrayWriter(part, files("ids", width));
      types = new ArrayWriter(part, files("types", 2));
      ends = new ArrayWriter(part, files("ends", Long.BYTES));
    }

    @Override
    public void write() throws IOException {
      List<Example> rows = data.rows();
      for (int from = 0; from < rows.size(); from += BATCH) {
        if (Thread.currentThread().isInterrupted()) {
          throw new CancellationException(
              "tokenising was interrupted after %d of %d texts".formatted(from, rows.size()));
        }
        List<String> texts = new ArrayList<>();
        List<String> seconds = new ArrayList<>();
        for (Example row : rows.subList(from, Math.min(rows.size(), from + BATCH))) {
          texts.add(row.text());
          seconds.add(row.secondText());
        }
        for (Encoding encoding : tokenizer.encodeAll(texts, seconds, progress)) {
          add(encoding);
        }
      }
      ids.finish();
      types.finish();
      ends.finish();
      if (maxType == 0) {
        deleteTypes();
      }
      AtomicFile.write(part.resolve(INDEX), JsonFiles.format(index()));
    }

    private void add(Encoding encoding) throws IOException {
      for (int id : encoding.ids()) {
        ids.add(id);
        unknown += id == tokenizer.unknownId() ? 1 : 0;
        maxId = Math.max(maxId, id);
      }
      for (int type : encoding.typeIds()) {
        types.add(type);
        maxType = Math.max(maxType, type);
      }
      cut += encoding.isCut() ? 1 : 0;
      ends.add(ids.size());
    }

    private void deleteTypes() throws IOException {
      ArrayFiles files = files("types", 2);
      for (long first = 0; first < types.size(); first += files.shard()) {
        Files.deleteIfExists(files.file(part, first));
      }
    }

    private ObjectNode index() {
      ObjectNode index = JsonFiles.object();
      index.put("version", VERSION);
      index.put("source", data.source()); // for people
      index.put("rows", ends.size());
      index.put("tokens", ids.size());
      index.put("bytesPerToken", width);
      index.put("cut", cut);
      index.put("unknown", unknown);
      index.put("maxId", maxId);
      index.put("maxType", maxType);
      return index;
    }

    @Override
    public String expected() {
      double written = (double) (width + 2) * ids.size() + Long.BYTES * ends.size();
      return ends.size() == 0
          ? "some space"
          : "about %,d bytes".formatted((long) (written / ends.size() * data.size()));
    }

    @Override
    public void close() {
      MadeOnce.closeQuietly(ids, types, ends);
    }
  }
}
