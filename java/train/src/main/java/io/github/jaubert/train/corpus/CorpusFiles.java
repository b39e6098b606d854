package io.github.jaubert.train.corpus;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.train.data.DataException;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Which files paths stand for: themselves, or all files in and below a folder. */
final class CorpusFiles {
  private CorpusFiles() {}

  /**
   * The files in the order of the paths, those of a folder by their names.
   *
   * @throws DataException if a path or a link leads nowhere, a folder has no files, or something
   *     cannot be read
   */
  static List<Path> of(List<Path> paths) {
    List<Path> files = new ArrayList<>();
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        files.addAll(inFolder(path));
      } else if (Files.isRegularFile(path)) {
        files.add(path);
      } else {
        throw new DataException(
            path.toString(),
            Files.exists(path)
                ? "is neither a file nor a folder; a corpus is read more than once"
                : "no such file or folder");
      }
    }
    return files;
  }

  /** All files but hidden ones, and those in hidden folders. */
  private static List<Path> inFolder(Path folder) {
    List<Path> files = new ArrayList<>();
    try {
      Files.walkFileTree(
          folder,
          Set.of(FileVisitOption.FOLLOW_LINKS),
          Integer.MAX_VALUE,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
              boolean skipped = !path.equals(folder) && isHidden(path);
              return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
              if (attributes.isSymbolicLink() && !isHidden(path)) {
                throw new DataException(path.toString(), "is a link that leads nowhere");
              }
              if (attributes.isRegularFile() && !isHidden(path)) {
                files.add(path);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (FileSystemLoopException e) {
      throw new DataException(e.getFile(), "is a link to a folder that it lies in", e);
    } catch (IOException e) {
      throw new DataException(
          folder.toString(), "cannot be read: " + CheckpointException.describe(e), e);
    }
    if (files.isEmpty()) {
      throw new DataException(
          folder.toString(),
          "the folder has no files (those whose names begin with . do not count)");
    }
    files.sort(
        Comparator.comparing(
            file -> folder.relativize(file).toString().replace(File.separatorChar, '/')));
    return files;
  }

  private static boolean isHidden(Path path) {
    return path.getFileName().toString().startsWith(".");
  }
}
