package io.github.jaubert.cli;

import io.github.jaubert.cli.console.TransferProgress;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.hub.Hub;
import io.github.jaubert.hub.ModelName;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts a model on the Hub. */
@Command(
    name = "upload",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Uploads the model in a folder to Hugging Face's Hub, with its tokenizer and its card, README.md."
          + " The repository is made if it is not there; files of it that the folder does not have"
          + " stay.",
      "Not uploaded are hidden files, checkpoints to go on from, and logs.",
      "It needs a token that may write, from https://huggingface.co/settings/tokens: in HF_TOKEN, or"
          + " in the file of HF_TOKEN_PATH, or in token in the folder of HF_HOME."
    })
final class UploadCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "RUN", description = "The folder, such as finetune writes.")
  private Path folder;

  @Parameters(
      index = "1",
      paramLabel = "OWNER/NAME",
      description = "Where to put it: a user or an organization, and a name.")
  private String name;

  @Option(
      names = "--private",
      description =
          "Show a new repository to its owner alone. To one that is public, nothing is uploaded then.")
  private boolean isPrivate;

  @Option(
      names = "--revision",
      paramLabel = "BRANCH",
      description = "The branch to add to, which must be there. Default: main.")
  private String revision = ModelName.MAIN;

  @Option(
      names = "--message",
      paramLabel = "TEXT",
      description = "What the commit says. Default: Upload of NAME with Jaubert.")
  private String message;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    ModelName to;
    try {
      to = new ModelName(name, revision);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    String said =
        message == null
            ? "Upload of %s with Jaubert".formatted(name.substring(name.indexOf('/') + 1))
            : message;
    try (TransferProgress progress = new TransferProgress()) {
      URI seen =
          Hub.of(ModelOption.settings(spec.commandLine()))
              .withListener(progress)
              .upload(folder, to, isPrivate, said);
      spec.commandLine().getOut().printf("uploaded %s: %s%n", folder, seen);
    }
    return 0;
  }
}
