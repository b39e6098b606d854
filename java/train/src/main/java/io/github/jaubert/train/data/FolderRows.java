package io.github.jaubert.train.data;

import io.github.jaubert.train.files.FolderFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The texts in a folder of folders, each named for the label of the texts in it: rows with the
 * columns text, label and file, in the order of the names. Files beside the folders are no texts.
 */
final class FolderRows extends TableRows {
  private static final List<String> COLUMNS = List.of("text", "label", "file");
  private static final String LAYOUT =
      "a folder is read as one folder for each label, in it a file for each text";

  private final Path folder;
  private final List<Path> files;
  private int read;
  private long bytes;

  FolderRows(Path folder) {
    super(folder);
    this.folder = folder;
    files = files(folder);
    if (files.isEmpty()) {
      throw none();
    }
  }

  /** The files with a text. */
  static List<Path> files(Path folder) {
    return FolderFiles.of(folder).stream()
        .filter(file -> folder.relativize(file).getNameCount() > 1)
        .toList();
  }

  @Override
  List<String> columns() {
    return COLUMNS;
  }

  @Override
  int width() {
    return COLUMNS.size();
  }

  @Override
  Table.Row next() {
    if (read == files.size()) {
      return null;
    }
    Path file = files.get(read++);
    Path place = folder.relativize(file);
    String text;
    try {
      text = Utf8.read(file);
    } catch (DataException e) {
      throw new DataException(folder.toString(), LAYOUT + "; " + e.getMessage(), e);
    }
    bytes += Source.of(file).size();
    List<List<String>> cells = new ArrayList<>(COLUMNS.size());
    cells.add(List.of(text.replaceFirst("\\R$", "")));
    cells.add(List.of(place.getName(0).toString()));
    cells.add(List.of(place.toString()));
    return new Table.Row(read, cells);
  }

  @Override
  DataException none() {
    return new DataException(folder.toString(), "no texts: " + LAYOUT);
  }

  @Override
  long bytesRead() {
    return bytes;
  }

  @Override
  public void close() {
    // each file is closed when it is read
  }
}
