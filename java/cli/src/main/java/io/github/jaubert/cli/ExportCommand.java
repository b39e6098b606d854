package io.github.jaubert.cli;

import io.github.jaubert.bert.onnx.OnnxExport;
import io.github.jaubert.cli.options.ModelOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes a model for other runtimes. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes a trained model as an ONNX file, for ONNX Runtime and what is built on it.",
      "It reads input_ids, attention_mask and token_type_ids, and gives logits (for questions"
          + " start_logits and end_logits), or last_hidden_state and sentence_embedding."
    })
final class ExportCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description =
          "Required: a Hugging Face folder of a trained model, such as finetune writes, or the name of"
              + " one on the Hub.")
  private Path model;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where to write it; a file that is there is replaced. Default: DIR/model.onnx.")
  private Path out;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Path folder = ModelOption.folder(spec.commandLine(), "--model", model);
    if (out == null && !folder.equals(model)) {
      throw new ParameterException(
          spec.commandLine(), "--model %s is of the Hub: --out says where to".formatted(model));
    }
    Path file = out == null ? folder.resolve("model.onnx") : out;
    if (Files.isDirectory(file)) {
      throw new ParameterException(
          spec.commandLine(), "--out %s: a folder; name the file in it".formatted(file));
    }
    OnnxExport.write(folder, file);
    spec.commandLine().getOut().println(file);
    return 0;
  }
}
