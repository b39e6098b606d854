package io.github.jaubert.cli.options;

import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say where a run writes its result. */
public final class OutputOptions {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write the result. Default: a new folder in runs/.")
  private Path out;

  @Option(
      names = "--overwrite",
      description = "Begin anew, and in the end replace what is in the folder of --out.")
  private boolean overwrite;

  public void check(CommandLine command) {
    if (overwrite && out == null) {
      throw new ParameterException(command, "--overwrite needs --out");
    }
  }

  /**
   * The folder that was asked for, or else a new one in runs/.
   *
   * @param name what that is called after
   */
  public OutputFolder open(String name) {
    return out == null ? OutputFolder.free(name) : OutputFolder.asked(out, overwrite);
  }

  /** The folder that was asked for, or else another. */
  public Path folder(Path usual) {
    return out == null ? usual : out;
  }

  /** Whether what the folder holds is replaced in the end. */
  public boolean overwrite() {
    return overwrite;
  }
}
