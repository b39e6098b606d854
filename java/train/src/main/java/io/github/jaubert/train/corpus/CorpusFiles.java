package io.github.jaubert.train.corpus;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.files.FolderFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
        files.addAll(FolderFiles.of(path));
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
}
