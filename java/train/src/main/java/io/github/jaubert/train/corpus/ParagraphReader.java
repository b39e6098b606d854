package io.github.jaubert.train.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.train.corpus.Corpus.Format;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.RowSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Reads the paragraphs of a corpus, file after file. */
final class ParagraphReader implements Iterator<Paragraph>, AutoCloseable {
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);

  private final String source;
  private final Format format;
  private final String column;
  private final Iterator<Path> files;
  private final Iterator<String> documents;
  private final long bytes;
  private Path file;
  private TextLines lines; // of the file, or null
  private RowSource.Rows rows; // of a Parquet file, or null
  private long row; // the number of the one that was read last
  private long bytesBefore; // of the files that are done
  private Iterator<String> document = Collections.emptyIterator(); // the rest of one in memory
  private boolean first = true; // whether the next paragraph is the first of its document
  private boolean any;
  private Paragraph next;

  private ParagraphReader(
      String source, Format format, String column, List<Path> files, List<String> documents) {
    this.source = source;
    this.format = format;
    this.column = column;
    this.files = files.iterator();
    this.documents = documents.iterator();
    this.bytes =
        files.stream().mapToLong(path -> path.toFile().length()).sum()
            + documents.stream().mapToLong(String::length).sum();
  }

  static ParagraphReader ofFiles(String source, List<Path> files, Format format, String column) {
    return new ParagraphReader(source, format, column, files, List.of());
  }

  static ParagraphReader ofDocuments(String source, List<String> documents) {
    return new ParagraphReader(source, Format.BLOCKS, null, List.of(), documents);
  }

  /** The length of all files, in bytes as they are on the disk. */
  long bytes() {
    return bytes;
  }

  /** How much of them was read. */
  long bytesRead() {
    return bytesBefore + (lines == null ? 0 : lines.bytesRead());
  }

  @Override
  public boolean hasNext() {
    while (next == null) {
      String text = nextText();
      if (text == null) {
        if (!any) {
          throw new DataException(source, "there is no text");
        }
        return false;
      }
      if (text.isBlank()) {
        first |= lines != null && format == Format.BLOCKS;
      } else {
        next = new Paragraph(text, first);
        any = true;
        first = format == Format.LINES;
      }
    }
    return true;
  }

  @Override
  public Paragraph next() {
    if (!hasNext()) {
      throw new NoSuchElementException(source);
    }
    Paragraph paragraph = next;
    next = null;
    return paragraph;
  }

  /** The next line of a document, or a blank one; null at the end. */
  private String nextText() {
    while (true) {
      if (document.hasNext()) {
        return document.next();
      }
      if (documents.hasNext()) {
        String text = documents.next();
        bytesBefore += text.length();
        begin(text);
        continue;
      }
      if (lines == null && rows == null) {
        if (!files.hasNext()) {
          return null;
        }
        file = files.next();
        first = true;
        row = 0;
        if (format == Format.JSON && isParquet(file)) {
          rows = RowSource.of(file);
        } else {
          lines = new TextLines(file);
        }
      }
      if (rows != null) {
        nextRow();
        continue;
      }
      String line = lines.next();
      if (line == null) {
        bytesBefore += lines.bytesRead();
        close();
        lines = null;
      } else if (format != Format.JSON) {
        return line;
      } else if (!line.isBlank()) {
        begin(textOf(line));
      }
    }
  }

  private static boolean isParquet(Path file) {
    String name = file.getFileName().toString();
    return name.regionMatches(true, name.length() - 8, ".parquet", 0, 8);
  }

  private void nextRow() {
    try {
      row++;
      ObjectNode object = rows.next();
      if (object == null) {
        bytesBefore += file.toFile().length();
        close();
        rows = null;
      } else {
        begin(textOf(object));
      }
    } catch (IOException e) {
      throw wrong(e.getMessage());
    }
  }

  private void begin(String text) {
    document = text.lines().iterator();
    first = true;
  }

  private String textOf(String line) {
    JsonNode object;
    try {
      object = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw wrong("not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
    }
    if (!object.isObject()) {
      throw wrong("a JSON object was expected");
    }
    return textOf(object);
  }

  private String textOf(JsonNode object) {
    JsonNode text = object.path(column);
    if (text.isMissingNode()) {
      throw wrong(
          "no column %s; there are: %s"
              .formatted(
                  column,
                  StreamSupport.stream(((Iterable<String>) object::fieldNames).spliterator(), false)
                      .collect(Collectors.joining(", "))));
    }
    if (!text.isTextual() && !text.isNull()) {
      throw wrong(
          column + " is no text but " + text.getNodeType().toString().toLowerCase(Locale.ROOT));
    }
    return text.isNull() ? "" : text.asText();
  }

  private DataException wrong(String reason) {
    return new DataException(file.toString(), rows == null ? lines.number() : row, reason);
  }

  @Override
  public void close() {
    if (lines != null) {
      lines.close();
    }
    if (rows != null) {
      rows.close();
    }
  }
}
