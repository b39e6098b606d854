package io.github.jaubert.train.corpus;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.files.Hashes;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Documents of text from files and folders, or from a list, to pre-train on. Immutable. It is read
 * as a stream, as often as needed, and may be larger than the memory.
 *
 * <pre>{@code
 * Corpus.of(Path.of("books"))                    // a document is a block of lines
 * Corpus.of(Path.of("posts.txt.gz")).lines()     // a document a line
 * Corpus.of(Path.of("wiki.jsonl")).json("text")  // one a JSON object, in its column "text"
 * }</pre>
 *
 * <p>Files are UTF-8, plain or packed with gzip or zstd, with any line ends. Of a folder all files
 * count in the order of their names, those below it too, except hidden ones. Whatever is wrong with
 * a file is a {@link DataException} that names it, the line and the reason.
 */
public final class Corpus {
  /** Where one document ends and the next begins. */
  enum Format {
    /** At a line that is blank. */
    BLOCKS,
    /** At every line. */
    LINES,
    /** At every line, which is a JSON object. */
    JSON
  }

  private final String source;
  private final List<Path> paths; // null: documents are given
  private final List<String> documents;
  private final Format format;
  private final String column;

  private Corpus(
      String source, List<Path> paths, List<String> documents, Format format, String column) {
    this.source = source;
    this.paths = paths;
    this.documents = documents;
    this.format = format;
    this.column = column;
  }

  /**
   * The text of files and folders. A document is a block of lines, ended by a blank line or by the
   * end of the file; its lines are its paragraphs.
   */
  public static Corpus of(Path... paths) {
    if (paths.length == 0) {
      throw new IllegalArgumentException("a corpus of no files");
    }
    List<Path> all = List.of(paths);
    String source = all.stream().map(Path::toString).collect(Collectors.joining(", "));
    return new Corpus(source, all, null, Format.BLOCKS, null);
  }

  /**
   * Documents that are in memory; the lines of each are its paragraphs.
   *
   * @param source what errors call it
   */
  public static Corpus of(String source, List<String> documents) {
    return new Corpus(source, null, List.copyOf(documents), Format.BLOCKS, null);
  }

  /** Takes every line for a document. */
  public Corpus lines() {
    requireFiles();
    return new Corpus(source, paths, documents, Format.LINES, null);
  }

  /**
   * Takes every line for a JSON object, and the text in one of its columns for a document, whose
   * lines are the paragraphs. One that is null or blank does not count. Of files whose names end in
   * {@code .parquet}, which are read with {@code jaubert-parquet}, every row.
   *
   * @param column the key, such as {@code text}
   */
  public Corpus json(String column) {
    requireFiles();
    return new Corpus(source, paths, documents, Format.JSON, column);
  }

  private void requireFiles() {
    if (paths == null) {
      throw new IllegalStateException(source + ": a list of documents has no format to choose");
    }
  }

  /** The files and folders, or the name that was given to a list: how errors call this corpus. */
  public String source() {
    return source;
  }

  /**
   * The paragraphs of all documents in order, to be closed if it is not read to its end.
   *
   * @throws DataException on the way, as soon as something is wrong; at the end if there was no
   *     text
   */
  public Stream<Paragraph> paragraphs() {
    ParagraphReader reader = reader();
    Spliterator<Paragraph> all =
        Spliterators.spliteratorUnknownSize(
            reader, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE);
    return StreamSupport.stream(all, false).onClose(reader::close);
  }

  /**
   * The texts of {@link #paragraphs}. A loop that ends early leaves a file open until the garbage
   * is collected.
   */
  public Iterable<String> texts() {
    return () -> {
      Iterator<Paragraph> paragraphs = reader();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return paragraphs.hasNext();
        }

        @Override
        public String next() {
          return paragraphs.next().text();
        }
      };
    };
  }

  ParagraphReader reader() {
    return paths == null
        ? ParagraphReader.ofDocuments(source, documents)
        : ParagraphReader.ofFiles(source, CorpusFiles.of(paths), format, column);
  }

  /**
   * A SHA-256 of the bytes of all files in their order, and of the format: the same text has the
   * same, whatever its files are called and whenever they were written. All files are read, at a
   * gigabyte in a few seconds.
   */
  public String fingerprint() {
    Hashes hashes = new Hashes().add(format + " " + column);
    if (paths == null) {
      documents.forEach(hashes::add);
    } else {
      CorpusFiles.of(paths).forEach(hashes::addFile);
    }
    return hashes.hex();
  }

  @Override
  public String toString() {
    return source;
  }
}
