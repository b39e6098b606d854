package io.github.jaubert.train.files;

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

/** The files in a folder and in those below it. */
public final class FolderFiles {
  private FolderFiles() {}

  /**
   * All files but hidden ones and those in hidden folders, in the order of their names.
   *
   * @throws DataException if there is none, a link leads nowhere, or something cannot be read
   */
  public static List<Path> of(Path folder) {
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
