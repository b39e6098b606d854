package io.github.jaubert.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of a folder that are uploaded. */
final class UploadFiles {
  /** Files and folders that a run needs to go on, or that tell of it, with texts of the data. */
  private static final Pattern OF_RUN =
      Pattern.compile(
          "checkpoint.*\\.safetensors|best\\.safetensors|train_log\\.jsonl|run\\.json|.*\\.tmp"
              + "|report\\.(html|json)|config\\.yaml|tensorboard|events\\.out\\.tfevents\\..*"
              + "|parts|folds\\.json|predictions\\..*");

  /** A folder that the Hub reads, though its name begins as those of hidden ones. */
  private static final String RESULTS = ".eval_results";

  private static final int SAMPLE = 512;

  private UploadFiles() {}

  /**
   * A file.
   *
   * @param path in the repository
   * @param sample its beginning, by which the Hub tells text from data
   */
  record Item(Path file, String path, long size, byte[] sample) {
    byte[] content() {
      try {
        return Files.readAllBytes(file);
      } catch (IOException e) {
        throw Disk.unreadable(file, e);
      }
    }

    /** The name of a large file. */
    String sha256() {
      try (InputStream in = Files.newInputStream(file)) {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] buffer = new byte[1 << 16];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          digest.update(buffer, 0, n);
        }
        return HexFormat.of().formatHex(digest.digest());
      } catch (IOException e) {
        throw Disk.unreadable(file, e);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e); // every Java has it
      }
    }
  }

  /**
   * Lists a folder.
   *
   * @throws HubException if it is none, or holds no model
   */
  static List<Item> of(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new HubException(
          HubFault.DISK, folder + (Files.exists(folder) ? ": a file" : ": no such folder"));
    }
    List<Item> items;
    try (Stream<Path> files = Files.walk(folder)) {
      items =
          files
              .filter(Files::isRegularFile)
              .filter(file -> isWanted(folder.relativize(file)))
              .sorted()
              .map(file -> item(folder, file))
              .toList();
    } catch (IOException e) {
      throw Disk.unreadable(folder, e);
    } catch (UncheckedIOException e) {
      throw Disk.unreadable(folder, e.getCause());
    }
    ModelFiles model = new ModelFiles(items.stream().map(Item::path).toList());
    if (!model.isModel() || !model.hasWeights()) {
      throw new HubException(
          HubFault.NO_MODEL,
          folder
              + ": holds no finished model: config.json and model.safetensors, or those of an adapter");
    }
    return items;
  }

  /** The files and folders of a folder that stay, relative to it; nothing of what is in those. */
  static List<Path> leftOut(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> !file.equals(folder))
          .map(folder::relativize)
          .filter(file -> !isWanted(file.getFileName()))
          .filter(file -> file.getParent() == null || isWanted(file.getParent()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw Disk.unreadable(folder, e);
    } catch (UncheckedIOException e) {
      throw Disk.unreadable(folder, e.getCause());
    }
  }

  private static boolean isWanted(Path file) {
    for (Path step : file) {
      boolean hidden = step.toString().startsWith(".") && !step.toString().equals(RESULTS);
      if (hidden || OF_RUN.matcher(step.toString()).matches()) {
        return false;
      }
    }
    return true;
  }

  private static Item item(Path folder, Path file) {
    String path = folder.relativize(file).toString().replace('\\', '/');
    try (InputStream in = Files.newInputStream(file)) {
      return new Item(file, path, Files.size(file), in.readNBytes(SAMPLE));
    } catch (IOException e) {
      throw Disk.unreadable(file, e);
    }
  }
}
