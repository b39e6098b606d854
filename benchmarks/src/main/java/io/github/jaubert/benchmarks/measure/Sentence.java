package io.github.jaubert.benchmarks.measure;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.SequenceWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A sentence as token ids, so that every program works on the same ones and none needs a tokenizer.
 * A line of a file is a JSON object {@code {"label":1,"ids":[…],"segments":[…]}}.
 */
public record Sentence(int label, int[] ids, int[] segments) {
  private static final JsonMapper MAPPER = new JsonMapper();

  /**
   * The sentences of a file.
   *
   * @throws UncheckedIOException if a line is not as described, with file and line
   */
  public static List<Sentence> read(Path file) {
    try (MappingIterator<Sentence> lines =
        MAPPER.readerFor(Sentence.class).readValues(file.toFile())) {
      return lines.readAll();
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
  }

  /** Writes such a file. */
  public static void write(Path file, Iterable<Sentence> sentences) throws IOException {
    try (SequenceWriter lines =
        MAPPER.writer().withRootValueSeparator("\n").writeValues(file.toFile())) {
      lines.writeAll(sentences);
    }
  }

  /** Parts of at most {@code size} in a row, the last with what is left. */
  public static <T> List<List<T>> cut(List<T> all, int size) {
    List<List<T>> parts = new ArrayList<>();
    for (int i = 0; i < all.size(); i += size) {
      parts.add(all.subList(i, Math.min(i + size, all.size())));
    }
    return parts;
  }
}
