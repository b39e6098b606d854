package io.github.jaubert.cli;

import io.github.jaubert.cli.console.Chatter;
import io.github.jaubert.cli.console.Commands;
import io.github.jaubert.cli.console.Output;
import io.github.jaubert.cli.console.Program;
import io.github.jaubert.cli.console.Wording;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExitCodeGenerator;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command {@code jaubert}. Exit codes: 0 for success, 1 if what was asked for could not be
 * done, 2 if it could not be understood, 128 and the number of the signal that stopped a run. What
 * goes wrong is one line on standard error; {@code --stacktrace} adds where.
 */
@Command(
    name = "jaubert",
    description = "Trains BERT-style encoders, in Java.",
    subcommands = {
      FinetuneCommand.class,
      PretrainCommand.class,
      EvaluateCommand.class,
      TuneCommand.class,
      PredictCommand.class,
      FillMaskCommand.class,
      ServeCommand.class,
      ExportCommand.class,
      CardCommand.class,
      MineCommand.class,
      MeasureCommand.class,
      BiasCommand.class,
      ReportCommand.class,
      RunsCommand.class,
      GlueCommand.class,
      DownloadCommand.class,
      ModelsCommand.class,
      UploadCommand.class,
      SignCommand.class,
      VerifyCommand.class,
      DoctorCommand.class,
      BenchCommand.class,
      PackageCommand.class,
      CompletionCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "See jaubert COMMAND --help."})
public final class Main implements Commands, Runnable {
  @Option(
      names = "--stacktrace",
      description = "When something fails, also show where in the program.",
      scope = ScopeType.INHERIT)
  private boolean stacktrace;

  /** For all that asks the Hub, however far below the commands. */
  @Option(
      names = "--offline",
      description = "Open no connection: models of the Hub come from the cache, or not at all.",
      scope = ScopeType.INHERIT)
  private void offline(boolean on) {
    if (on) {
      System.setProperty("HF_HUB_OFFLINE", "1");
    }
  }

  private boolean quiet;
  private boolean verbose;

  @Option(
      names = "--quiet",
      description = "Show no progress: standard error has warnings and errors alone.",
      scope = ScopeType.INHERIT)
  private void quiet(boolean on) {
    quiet = on;
    if (on) {
      requireOneLoudness();
      Chatter.quiet();
    }
  }

  @Option(
      names = "--verbose",
      description = "Also say what is done on the way: settings, requests, what is tried again.",
      scope = ScopeType.INHERIT)
  private void verbose(boolean on) {
    verbose = on;
    if (on) {
      requireOneLoudness();
      Chatter.verbose();
    }
  }

  private void requireOneLoudness() {
    if (quiet && verbose) {
      throw new ParameterException(spec.commandLine(), "--quiet and --verbose exclude each other");
    }
  }

  @Spec private CommandSpec spec;

  private Main() {}

  /** Runs the command and ends the program with its exit code. */
  public static void main(String[] arguments) {
    System.setErr(Wording.stream(new FileOutputStream(FileDescriptor.err)));
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    try {
      Arguments.check(arguments);
    } catch (IllegalArgumentException e) {
      err.println("jaubert: " + e.getMessage());
      System.exit(CommandLine.ExitCode.USAGE);
    }
    System.exit(execute(Output.standard(), err, arguments));
  }

  /** Runs the command and returns its exit code. */
  static int execute(PrintWriter out, PrintWriter err, String... arguments) {
    Main main = new Main();
    CommandLine command = new CommandLine(main);
    try {
      command
          .setOut(out)
          .setErr(err)
          .setCaseInsensitiveEnumValuesAllowed(true)
          .setUsageHelpAutoWidth(true)
          .setExpandAtFiles(false) // a text may begin with @
          .setExecutionExceptionHandler((e, failing, parsed) -> main.failed(e, failing))
          .setParameterExceptionHandler((e, rejected) -> misunderstood(e));
      return checked(out, err, command.execute(ConfigFile.expanded(command, arguments)));
    } catch (ParameterException e) {
      return misunderstood(e); // of a file of options
    } catch (LinkageError | OutOfMemoryError e) {
      return main.failed(e, command); // a native library that does not load, or too little memory
    }
  }

  @Override
  public int run(PrintWriter out, PrintWriter err, String... arguments) {
    return execute(out, err, arguments);
  }

  /**
   * What could not be printed is a failure, of which nothing is said if the reader has gone: that
   * is how a pipe ends.
   */
  private static int checked(PrintWriter out, PrintWriter err, int code) {
    if (!out.checkError()) {
      return code;
    }
    if (!(out instanceof Output output)) {
      err.println("jaubert: standard output cannot be written");
    } else if (!output.abandoned()) {
      err.println("jaubert: standard output cannot be written: " + output.reason());
    }
    return code == CommandLine.ExitCode.OK ? CommandLine.ExitCode.SOFTWARE : code;
  }

  private int failed(Throwable e, CommandLine command) {
    PrintWriter err = command.getErr();
    err.println("jaubert: " + Failures.describe(e));
    if (stacktrace) {
      e.printStackTrace(err);
    }
    return e instanceof IExitCodeGenerator stopped
        ? stopped.getExitCode()
        : command.getCommandSpec().exitCodeOnExecutionException();
  }

  private static int misunderstood(ParameterException e) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("jaubert: " + Wording.commandLine(e.getMessage()));
    if (e instanceof UnmatchedArgumentException unknown
        && unknown.isUnknownOption()
        && !command.getCommandSpec().positionalParameters().isEmpty()) {
      err.printf(
          "A text that begins with - comes behind --, as in: %s … -- \"%s\"%n",
          command.getCommandSpec().qualifiedName(), unknown.getUnmatched().get(0));
    }
    Optional<String> here =
        e instanceof UnmatchedArgumentException unmatched
            ? OtherNames.here(unmatched.getUnmatched().get(0))
            : Optional.empty();
    if (here.isPresent()) {
      err.println("Here it is " + here.get() + ".");
    } else if (!UnmatchedArgumentException.printSuggestions(e, err)) {
      err.println("See " + command.getCommandSpec().qualifiedName() + " --help.");
    }
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** Without a subcommand. */
  @Override
  public void run() {
    List<String> names = List.copyOf(spec.subcommands().keySet());
    int last = names.size() - 1;
    throw new ParameterException(
        spec.commandLine(),
        "which command? " + String.join(", ", names.subList(0, last)) + " or " + names.get(last));
  }

  /** What {@code --version} prints. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"jaubert " + Program.version()};
    }
  }
}
