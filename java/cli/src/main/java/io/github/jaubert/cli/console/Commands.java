package io.github.jaubert.cli.console;

import java.io.PrintWriter;
import picocli.CommandLine;

/** The commands of this program, for one that runs others in this process. */
public interface Commands {
  /** Runs a command and returns its exit code. */
  int run(PrintWriter out, PrintWriter err, String... arguments);

  /** Those that a command is one of. */
  static Commands of(CommandLine command) {
    return (Commands) command.getCommandSpec().root().userObject();
  }
}
