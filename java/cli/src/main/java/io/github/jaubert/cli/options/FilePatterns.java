package io.github.jaubert.cli.options;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * The files that words of the command line name: paths, and patterns with {@code *}, {@code ?},
 * {@code [a-z]}, {@code {a,b}} and, through folders, {@code **}; several in a word with commas
 * between. What is the name of a file as it stands is that file.
 */
public final class FilePatterns {
  private FilePatterns() {}

  /**
   * The files in the order of the words; those of a pattern by name.
   *
   * @throws DataException if a pattern matches no file, or a file is there twice
   */
  public static Source files(List<String> words) {
    List<Path> files = new ArrayList<>();
    for (String word : words) {
      if (word.isBlank()) {
        throw new DataException("''", "is no name of a file");
      }
      if (Files.exists(Path.of(word))) {
        files.add(Path.of(word));
      } else {
        parts(word).forEach(part -> files.addAll(matching(part)));
      }
    }
    return Source.of(files);
  }

  /** Divided by the commas that are not in braces. */
  private static List<String> parts(String word) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < word.length(); i++) {
      char c = word.charAt(i);
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (c == ',' && depth <= 0) {
        parts.add(word.substring(start, i));
        start = i + 1;
      }
    }
    parts.add(word.substring(start));
    parts.removeIf(String::isBlank);
    return parts.isEmpty() ? List.of(word) : parts;
  }

  private static boolean isPattern(String word) {
    return word.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
  }

  private static List<Path> matching(String word) {
    Path path = Path.of(word);
    if (!isPattern(word) || Files.exists(path)) {
      return List.of(path); // one that is not there is told of by who reads it
    }
    Path folder = path.isAbsolute() ? path.getRoot() : Path.of("");
    int plain = 0;
    while (plain < path.getNameCount() - 1 && !isPattern(path.getName(plain).toString())) {
      folder = folder.resolve(path.getName(plain++));
    }
    int depth = word.contains("**") ? Integer.MAX_VALUE : path.getNameCount() - plain;
    List<Path> files = Files.isDirectory(folder) ? walk(word, folder, depth) : List.of();
    if (files.isEmpty()) {
      throw new DataException(word, "no file matches this pattern");
    }
    return files;
  }

  private static List<Path> walk(String word, Path folder, int depth) {
    try (Stream<Path> all = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
      PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + word);
      return all.filter(file -> matcher.matches(file) && !Files.isDirectory(file))
          .sorted()
          .toList();
    } catch (PatternSyntaxException e) {
      throw new DataException(word, "is no pattern of files: " + e.getDescription(), e);
    } catch (IOException | UncheckedIOException e) {
      IOException cause = e instanceof IOException io ? io : (IOException) e.getCause();
      throw new DataException(
          word, folder + " cannot be looked through: " + CheckpointException.describe(cause), e);
    }
  }
}
