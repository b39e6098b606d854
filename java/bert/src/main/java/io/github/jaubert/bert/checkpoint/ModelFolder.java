package io.github.jaubert.bert.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Replaces the files of a model folder together. They are written to a hidden folder inside it and
 * forced to the disk; one rename of that hidden folder is the moment at which the new model counts;
 * then its files move into place. If the program stops before that moment the old model is
 * untouched; if it stops after it, {@link #recover}, which every reader calls first, finishes the
 * moves. Files that are not part of a model stay where they are.
 */
public final class ModelFolder {
  static final String WRITING = ".jaubert-saving";
  static final String COMPLETE = ".jaubert-saved";

  /**
   * The names of the new files, so that an interrupted move still knows which files in place are
   * new and which are stale.
   */
  private static final String MANIFEST = "manifest";

  private static final int MOST_TRIES = 1000;

  /**
   * Weights and tokenizers of an earlier model that a reader would take instead of the new ones, or
   * beside them.
   */
  private static final Pattern MODEL_FILE =
      Pattern.compile(
          "config\\.json"
              + "|(model|pytorch_model)(-\\d+-of-\\d+)?\\.(safetensors|bin)"
              + "|(model\\.safetensors|pytorch_model\\.bin)\\.index\\.json"
              + "|(adapter|jaubert)_config\\.json|adapter_model\\.(safetensors|bin)"
              + "|modules\\.json|(sentence_bert_config|config_sentence_transformers)\\.json"
              + "|config_setfit\\.json|model_head\\.safetensors"
              + "|tokenizer\\.json|tokenizer_config\\.json|vocab\\.(txt|json)|merges\\.txt|special_tokens_map\\.json|added_tokens\\.json");

  private ModelFolder() {}

  /**
   * Writes a model; the folder and those above it are made if they are missing.
   *
   * @param files by name, or by a path in the folder such as {@code 1_Pooling/config.json}
   * @throws CheckpointException if it cannot be written, for example because the disk is full; an
   *     earlier model is then untouched
   */
  public static void write(Path folder, Map<String, AtomicFile.Content> files) {
    boolean isNew = !Files.exists(folder, LinkOption.NOFOLLOW_LINKS);
    if (!isNew && !Files.isDirectory(folder)) {
      throw new CheckpointException(
          folder.toString(), "cannot be written: there is a file of that name");
    }
    recover(folder);
    try {
      writeComplete(folder, files);
    } catch (IOException e) {
      deleteTree(isNew ? folder : folder.resolve(WRITING), e);
      throw AtomicFile.unwritable(folder, e);
    } catch (RuntimeException | Error e) {
      deleteTree(isNew ? folder : folder.resolve(WRITING), e);
      throw e;
    }
    recover(folder);
  }

  private static void writeComplete(Path folder, Map<String, AtomicFile.Content> files)
      throws IOException {
    Path writing = folder.resolve(WRITING);
    Files.createDirectories(folder);
    deleteTree(writing); // what a killed program left
    Files.createDirectory(writing);
    Map<String, AtomicFile.Content> all = new LinkedHashMap<>(files);
    byte[] names = String.join("\n", files.keySet()).getBytes(StandardCharsets.UTF_8);
    all.put(MANIFEST, AtomicFile.content(names));
    for (Map.Entry<String, AtomicFile.Content> file : all.entrySet()) {
      Path target = writing.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      AtomicFile.writeAndForce(target, file.getValue());
      AtomicFile.forceFolder(target.getParent());
    }
    AtomicFile.forceFolder(writing);
    Files.move(writing, folder.resolve(COMPLETE), StandardCopyOption.ATOMIC_MOVE);
    AtomicFile.forceFolder(folder);
  }

  /**
   * Finishes what a save that was interrupted had begun to put in place; does nothing otherwise.
   * Several may do so at a time, also while the save is still at it.
   *
   * @throws CheckpointException if the files cannot be moved
   */
  public static void recover(Path folder) {
    Path complete = folder.resolve(COMPLETE);
    for (int i = 1; Files.isDirectory(complete, LinkOption.NOFOLLOW_LINKS); i++) {
      try {
        finish(folder, complete);
      } catch (IOException | UncheckedIOException e) {
        IOException cause =
            e instanceof IOException io ? io : ((UncheckedIOException) e).getCause();
        // Another took a file from under this one's hands: what is left is looked at again.
        if (!(cause instanceof NoSuchFileException) || i == MOST_TRIES) {
          throw new CheckpointException(
              folder.toString(),
              "a save was interrupted and cannot be finished: "
                  + CheckpointException.describe(cause),
              cause);
        }
      }
    }
  }

  private static void finish(Path folder, Path complete) throws IOException {
    Path manifest = complete.resolve(MANIFEST);
    if (Files.exists(manifest)) { // the last thing to go: without it everything is in place
      putInPlace(folder, complete, Set.copyOf(Files.readAllLines(manifest)));
      Files.delete(manifest);
    }
    deleteTree(complete);
  }

  private static void putInPlace(Path folder, Path complete, Set<String> names) throws IOException {
    for (Path old : list(folder)) {
      String name = old.getFileName().toString();
      if (MODEL_FILE.matcher(name).matches() && !names.contains(name)) {
        Files.delete(old);
      }
    }
    for (String name : names) {
      Path file = complete.resolve(name).normalize();
      if (!file.startsWith(complete.normalize())) {
        continue; // whoever wrote that manifest, it was no save
      }
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) { // otherwise it was moved before
        Path target = folder.resolve(name);
        Files.createDirectories(target.getParent());
        Files.move(
            file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        AtomicFile.forceFolder(target.getParent());
      }
    }
    AtomicFile.forceFolder(folder);
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static void deleteTree(Path root, Throwable primary) {
    try {
      deleteTree(root);
    } catch (IOException e) {
      primary.addSuppressed(e);
    }
  }
}
