package io.github.jaubert.train.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.train.data.ExampleReader.Columns;
import io.github.jaubert.train.files.ArrayFiles;
import io.github.jaubert.train.files.ArrayWriter;
import io.github.jaubert.train.files.Hashes;
import io.github.jaubert.train.files.MadeOnce;
import io.github.jaubert.train.files.MappedArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;

/**
 * Examples that lie in files and are read through mapped memory, one at a time: a list that may be
 * larger than the memory. The files are made in one pass over the data, in a folder that is named
 * by their content and the columns. Safe from any number of threads.
 */
final class StoredRows extends AbstractList<Example> implements RandomAccess {
  private static final int VERSION = 1;
  private static final String INDEX = "index.json";
  private static final int NO_TEXT = -1;

  /** Objects that are looked at to know their keys. */
  private static final int PEEKED = 1000;

  private final MappedArray bytes;
  private final MappedArray ends; // of the bytes of each row
  private final MappedArray lines;
  private final int size;

  private StoredRows(Path folder) {
    ObjectNode index = JsonFiles.readObject(folder.resolve(INDEX));
    size = index.path("rows").asInt();
    bytes = new MappedArray(folder, files("bytes", 1), index.path("bytes").asLong());
    ends = new MappedArray(folder, files("ends", Long.BYTES), size);
    lines = new MappedArray(folder, files("lines", Long.BYTES), size);
  }

  private static ArrayFiles files(String name, int width) {
    return new ArrayFiles(name, width, ArrayFiles.SHARD);
  }

  /** What the rows of some files are called. */
  static String name(Source source, TableFormat format, Columns columns) {
    Hashes hash = new Hashes().add("rows " + VERSION + " " + columns);
    for (Path file : source.files()) {
      hash.add(String.valueOf(format == null ? TableFormat.of(file) : format)).addFile(file);
    }
    return "rows-" + hash.name();
  }

  /**
   * Opens the rows of files, which are made first if they are not there.
   *
   * @param name as {@link #name} has it
   * @throws DataException if something is wrong with the data
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if the folder cannot be written
   */
  static StoredRows of(
      Path cache, String name, Source source, TableFormat format, Columns columns) {
    return new StoredRows(
        MadeOnce.folder(
            cache, name, "the rows of " + source, part -> new Pass(part, source, format, columns)));
  }

  /** The names of the columns of files, as far as their first rows tell. */
  static List<String> columns(Source source, TableFormat format, boolean header) {
    Set<String> columns = new LinkedHashSet<>();
    for (Path file : source.files()) {
      TableFormat its = format == null ? TableFormat.of(file) : format;
      try (TableRows rows = its.open(file, header)) {
        for (int i = 0; its.namesColumns() && i < PEEKED && rows.next() != null; i++) {
          // an object may have keys that those before it lack
        }
        columns.addAll(rows.columns());
      }
    }
    return List.copyOf(columns);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Example get(int row) {
    if (row < 0 || row >= size) {
      throw new IndexOutOfBoundsException("row " + row + " of " + size);
    }
    long from = row == 0 ? 0 : ends.get(row - 1L);
    ByteBuffer in = ByteBuffer.wrap(bytes.bytes(from, (int) (ends.get(row) - from)));
    String text = text(in);
    String second = text(in);
    int count = in.getInt();
    String label = count == 0 ? null : text(in);
    if (count <= 1) {
      return new Example(text, second, label == null ? List.of() : List.of(label), lines.get(row));
    }
    List<String> labels = new ArrayList<>(List.of(label));
    for (int i = 1; i < count; i++) {
      labels.add(text(in));
    }
    return new Example(text, second, labels, lines.get(row));
  }

  private static String text(ByteBuffer in) {
    int length = in.getInt();
    if (length == NO_TEXT) {
      return null;
    }
    String text = new String(in.array(), in.position(), length, StandardCharsets.UTF_8);
    in.position(in.position() + length);
    return text;
  }

  /** One pass over the files. */
  private static final class Pass implements MadeOnce.Writer {
    private final Path part;
    private final Source source;
    private final TableFormat format;
    private final Columns columns;
    private final ArrayWriter bytes;
    private final ArrayWriter ends;
    private final ArrayWriter lines;
    private final long all;
    private long before; // bytes of the files that were read
    private long read;

    Pass(Path part, Source source, TableFormat format, Columns columns) {
      this.part = part;
      this.source = source;
      this.format = format;
      this.columns = columns;
      bytes = new ArrayWriter(part, files("bytes", 1));
      ends = new ArrayWriter(part, files("ends", Long.BYTES));
      lines = new ArrayWriter(part, files("lines", Long.BYTES));
      all = source.size();
    }

    @Override
    public void write() throws IOException {
      Map<Path, FileTime> times = times();
      boolean unquoted = TableFormat.TSV.isThatOf(source, format);
      ExampleReader.Pass pass = new ExampleReader(source, columns).new Pass(unquoted);
      Table headed = null;
      Map<String, String> flags = null;
      for (int i = 0; i < source.files().size(); i++) {
        Path file = source.files().get(i);
        TableFormat its = format == null ? TableFormat.of(file) : format;
        try (TableRows rows = its.open(file, columns.header())) {
          if (!its.namesColumns()) {
            Table header = header(Source.of(file), rows);
            if (headed != null) {
              Table.requireSame(headed, header);
            }
            headed = headed == null ? header : headed;
          }
          write(i, rows, pass, its.namesColumns());
          flags = flags == null ? new TreeMap<>(rows.flags()) : flags;
          flags.keySet().retainAll(rows.flags().keySet());
        }
        before += Files.size(file);
      }
      pass.end(flags);
      if (!times.equals(times())) {
        throw new DataException(source.toString(), "has changed while it was read");
      }
      finish();
    }

    /** When the files were last changed. */
    private Map<Path, FileTime> times() throws IOException {
      Map<Path, FileTime> times = new TreeMap<>();
      for (Path file : source.files()) {
        times.put(file, Files.getLastModifiedTime(file));
      }
      return times;
    }

    private static Table header(Source source, TableRows rows) {
      return new Table(source, rows.columns(), List.of(), Map.of());
    }

    private void write(int file, TableRows rows, ExampleReader.Pass pass, boolean named)
        throws IOException {
      int width = -1;
      boolean empty = true;
      for (Table.Row row = rows.next(); row != null; row = rows.next()) {
        if (rows.width() != width) { // more columns turned up
          width = rows.width();
          pass.header(header(source, rows), named);
        }
        empty = false;
        Example example = pass.example(new Table.Row(Source.line(file, row.line()), row.cells()));
        if (example != null) {
          add(example);
        }
        if ((row.line() & 0xFFF) == 0) {
          read = before + rows.bytesRead();
          if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("reading " + source + " was interrupted");
          }
        }
      }
      if (empty) {
        throw rows.none();
      }
    }

    private void add(Example example) throws IOException {
      if (ends.size() == Integer.MAX_VALUE) {
        throw new DataException(source.toString(), "has more than 2,147,483,647 rows");
      }
      add(example.text());
      add(example.secondText());
      addInt(example.labels().size());
      for (String label : example.labels()) {
        add(label);
      }
      ends.add(bytes.size());
      lines.add(example.line());
    }

    private void add(String text) throws IOException {
      if (text == null) {
        addInt(NO_TEXT);
        return;
      }
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      addInt(utf8.length);
      bytes.addBytes(utf8);
    }

    private void addInt(int value) throws IOException {
      bytes.addBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
    }

    private void finish() throws IOException {
      bytes.finish();
      ends.finish();
      lines.finish();
      ObjectNode index = JsonFiles.object();
      index.put("version", VERSION);
      index.put("source", source.toString()); // for people
      index.put("columns", columns.toString());
      index.put("rows", ends.size());
      index.put("bytes", bytes.size());
      AtomicFile.write(part.resolve(INDEX), JsonFiles.format(index));
    }

    @Override
    public String expected() {
      long written = bytes.size() + Long.BYTES * (ends.size() + lines.size());
      return read == 0
          ? "more than %,d bytes".formatted(written)
          : "about %,d bytes".formatted((long) ((double) written / read * all));
    }

    @Override
    public void close() {
      MadeOnce.closeQuietly(bytes, ends, lines);
    }
  }
}
