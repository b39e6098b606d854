package io.github.jaubert.train.data;

import io.github.jaubert.train.files.FolderFiles;
import io.github.jaubert.train.files.Packed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Where data come from: files, whose rows follow one another, or a name that a list was given.
 * Immutable.
 *
 * <p>A row of several files is known by one number, its <em>line</em>: in the first file the line
 * on which it begins, counted from 1; of every file that follows, 2<sup>40</sup> more. {@link
 * #place} says which file and line a number stands for.
 */
public final class Source {
  private static final int SHIFT = 40;
  private static final long MASK = (1L << SHIFT) - 1;

  private final String name;
  private final List<Path> files;

  private Source(String name, List<Path> files) {
    this.name = name;
    this.files = files;
  }

  /** Something that is in no file, and what errors call it. */
  public static Source of(String name) {
    return new Source(name, List.of());
  }

  /** A file. */
  public static Source of(Path file) {
    return of(List.of(file));
  }

  /**
   * Files in this order.
   *
   * @throws DataException if a file is there twice
   * @throws IllegalArgumentException if there is none
   */
  public static Source of(List<Path> files) {
    if (files.isEmpty()) {
      throw new IllegalArgumentException("files: none; at least one is needed");
    }
    Set<Path> seen = new LinkedHashSet<>();
    for (Path file : files) {
      if (!seen.add(file.toAbsolutePath().normalize())) {
        throw new DataException(file.toString(), "is there twice among the files of a data set");
      }
    }
    String first = files.get(0).toString();
    int last = files.size() - 1;
    return new Source(
        switch (files.size()) {
          case 1 -> first;
          case 2 -> first + " and " + files.get(1);
          default -> "%s … %s (%d files)".formatted(first, files.get(last), files.size());
        },
        List.copyOf(files));
  }

  /** The files; none if the data come from none. */
  public List<Path> files() {
    return files;
  }

  /** Whether each file can be read more than once, as a pipe cannot. */
  public boolean canBeReadAgain() {
    return !files.isEmpty()
        && files.stream().allMatch(file -> Files.isRegularFile(file) || Files.isDirectory(file));
  }

  /**
   * The bytes of all files together, packed as they are.
   *
   * @throws DataException if a file cannot be read
   */
  public long size() {
    long size = 0;
    for (Path file : files) {
      try {
        size += Files.isDirectory(file) ? of(FolderFiles.of(file)).size() : Files.size(file);
      } catch (NoSuchFileException e) {
        throw new DataException(file.toString(), "no such file", e);
      } catch (IOException e) {
        throw Packed.unreadable(file.toString(), e);
      }
    }
    return size;
  }

  /** The same under another name. */
  Source named(String other) {
    return new Source(other, files);
  }

  /** The line of a row that begins on a line of one of the files. */
  static long line(int file, long line) {
    return ((long) file << SHIFT) + line;
  }

  /** The file that a line is of; null if the data come from none. */
  public Path file(long line) {
    return files.isEmpty() ? null : files.get((int) (line >>> SHIFT));
  }

  /** The line in its file, counted from 1. */
  public static long inFile(long line) {
    return line & MASK;
  }

  /** Which file a line is of, and where it is there, as {@code train.csv:12}. */
  public String place(long line) {
    Path file = file(line);
    if (file != null && Files.isDirectory(file)) {
      return FolderRows.files(file).get((int) inFile(line) - 1).toString();
    }
    return (files.size() > 1 ? file : name) + ":" + inFile(line);
  }

  /** What errors call it: a file, {@code a.csv and b.csv}, or the first and the last of more. */
  @Override
  public String toString() {
    return name;
  }
}
