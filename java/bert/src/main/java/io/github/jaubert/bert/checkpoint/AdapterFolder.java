package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * A folder as PEFT writes it: what an adapter changes of a base model, which lies elsewhere. There
 * is an {@code adapter_config.json} and no weights of a whole model.
 */
public final class AdapterFolder {
  /** What the adapter is, and of which base. */
  public static final String CONFIG = "adapter_config.json";

  /** The weights of the adapter. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  /**
   * What config.json says of a whole model, its labels included, under a name of our own: beside a
   * config.json {@code transformers} does not look for the base model of an adapter.
   */
  public static final String MODEL_CONFIG = "jaubert_config.json";

  private static final String BASE = "base_model_name_or_path";

  private AdapterFolder() {}

  /** Whether a folder holds an adapter, and no whole model beside it. */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(CONFIG))
        && !Files.exists(folder.resolve("model.safetensors"))
        && !Files.exists(folder.resolve("model.safetensors.index.json"));
  }

  /**
   * The config.json of a folder; of an adapter what stands for it there, or else that of its base.
   *
   * @throws CheckpointException as {@link #base} does
   */
  public static Path config(Path folder) {
    Path own = folder.resolve("config.json");
    if (Files.exists(own) || !isIn(folder)) {
      return own;
    }
    Path beside = folder.resolve(MODEL_CONFIG);
    return Files.exists(beside) ? beside : config(base(folder));
  }

  /**
   * The folder of the base model: what {@code base_model_name_or_path} says as it stands, or else
   * seen from the folder of the adapter, or else as the name of a model of a hub that is on this
   * machine.
   *
   * @throws CheckpointException if adapter_config.json is damaged, or names no model that is there
   */
  public static Path base(Path folder) {
    Path file = folder.resolve(CONFIG);
    JsonNode named = JsonFiles.readObject(file).path(BASE);
    if (!named.isTextual() || named.asText().isEmpty()) {
      throw new CheckpointException(
          file.toString(), "does not say the base model: write its folder as " + BASE);
    }
    String name = named.asText();
    try {
      for (Path base : new Path[] {Path.of(name), folder.resolve(name)}) {
        if (Files.isDirectory(base) && !isSame(base, folder)) {
          return base;
        }
      }
    } catch (InvalidPathException e) {
      throw new CheckpointException(file.toString(), BASE + " '" + name + "' is no folder", e);
    }
    return ModelNames.namedIn(folder, name)
        .orElseThrow(
            () ->
                new CheckpointException(
                    file.toString(),
                    "the base model '%s' is no folder, neither as it stands nor seen from that of the adapter; put the base model there, or write its folder as %s"
                        .formatted(name, BASE)));
  }

  private static boolean isSame(Path a, Path b) {
    return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize());
  }
}
