package io.github.jaubert.cli.options;

import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.cli.console.Program;
import io.github.jaubert.cli.console.TransferProgress;
import io.github.jaubert.demo.ModelDownload;
import io.github.jaubert.hub.Hub;
import io.github.jaubert.hub.HubException;
import io.github.jaubert.hub.HubFault;
import io.github.jaubert.hub.HubSettings;
import io.github.jaubert.hub.ModelName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** A {@code --model} or {@code --teacher}: a folder, or the name of a model on the Hub. */
public final class ModelOption {
  /** Whoever meant a folder meets these. */
  private static final Set<HubFault> NO_MODEL =
      EnumSet.of(
          HubFault.NO_REPOSITORY, HubFault.UNAUTHORIZED, HubFault.OFFLINE, HubFault.CONNECTION);

  private ModelOption() {}

  /**
   * The folder, or that of the cache with the model of this name, which is fetched if need be.
   *
   * @param option that has it
   * @param model null if it was not given
   * @return null if it was not given
   * @throws ParameterException if it is neither
   * @throws HubException if the Hub has it and it cannot be fetched
   */
  public static Path folder(CommandLine command, String option, Path model) {
    if (model == null || Files.isDirectory(model) && !model.toString().isEmpty()) {
      return model;
    }
    String name = model.toString();
    String made = ModelDownload.named(name).map(ModelDownload::id).orElse(null);
    String remedy =
        Files.exists(model)
            ? "a file; " + option + " is the folder that holds it"
            : made != null
                ? "no such folder; %s download %s makes models/%s"
                    .formatted(Program.command(), name, made)
                : "no such folder";
    if (Files.exists(model)
        || made != null
        || !ModelNames.isName(name)
        || !ModelName.isName(name)) {
      throw new ParameterException(command, "%s %s: %s".formatted(option, name, remedy));
    }
    try {
      return fetch(command, ModelName.of(name));
    } catch (HubException e) {
      throw NO_MODEL.contains(e.fault())
          ? new ParameterException(
              command,
              "%s %s: no such folder; on the Hub, %s".formatted(option, name, e.getMessage()),
              e)
          : e;
    }
  }

  /** Fetches a model, and tells on standard error how far it is. */
  public static Path fetch(CommandLine command, ModelName name) {
    try (TransferProgress progress = new TransferProgress()) {
      return Hub.of(settings(command)).withListener(progress).fetch(name);
    }
  }

  public static HubSettings settings(CommandLine command) {
    try {
      return HubSettings.fromEnvironment();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, e.getMessage(), e);
    }
  }
}
