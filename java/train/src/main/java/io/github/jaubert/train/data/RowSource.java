package io.github.jaubert.train.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ServiceLoader;
import java.util.function.ObjLongConsumer;

/**
 * Reads the rows of files in {@link TableFormat#PARQUET}. Those need libraries of many megabytes,
 * so that the implementation is a module of its own, {@code jaubert-parquet}, which {@link
 * ServiceLoader} finds on the class path.
 */
public interface RowSource {
  /** The rows of a file, one at a time. */
  interface Rows extends AutoCloseable {
    /**
     * The next row, or null behind the last.
     *
     * @throws IOException if the file is damaged, with the reason
     */
    ObjectNode next() throws IOException;

    @Override
    void close();
  }

  /**
   * Opens a file.
   *
   * @throws IOException if it cannot be read, or is of another format, with the reason
   */
  Rows open(Path file) throws IOException;

  /**
   * Opens a file with the implementation that is there.
   *
   * @throws DataException if there is none, or if the file cannot be read
   */
  static Rows of(Path file) {
    RowSource source =
        ServiceLoader.load(RowSource.class, RowSource.class.getClassLoader())
            .findFirst()
            .orElseThrow(
                () ->
                    new DataException(
                        file.toString(),
                        "this is a Parquet file; they are read with jaubert-parquet, which is not"
                            + " on the class path"));
    try {
      return source.open(file);
    } catch (IOException e) {
      throw new DataException(file.toString(), e.getMessage(), e);
    }
  }

  /**
   * Hands over all rows of a file, each with its number, from 1, which counts as its line.
   *
   * @throws DataException as {@link #of}, or naming the row that cannot be read
   */
  static void forEach(Path file, ObjLongConsumer<ObjectNode> action) {
    long line = 1;
    try (Rows rows = of(file)) {
      for (ObjectNode row = rows.next(); row != null; row = rows.next()) {
        action.accept(row, line++);
      }
    } catch (IOException e) {
      throw new DataException(file.toString(), line, e.getMessage());
    }
  }
}
