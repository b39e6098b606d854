package io.github.jaubert.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Says where packaging is done. It needs a JDK and a build, which are no part of this jar: in a
 * checkout the launcher script starts {@code java/cli/image/build} before it comes here.
 */
@Command(
    name = "package",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a folder that runs jaubert on a Linux machine without a JDK, from a checkout.",
      "It holds a Java runtime, the jars and a launcher; copy it whole."
    })
final class PackageCommand implements Runnable {
  @Option(
      names = "--with-tests",
      description = "Also what checks and measures a GPU: jaubert check-gpu, jaubert bench gpu.")
  private boolean tests;

  @Option(
      names = "--without-data",
      description = "Leave out the weights of MiniLM and WordNet: finetune then needs --model.")
  private boolean withoutData;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description = "The folder to make. Default: build/jaubert.")
  private String folder;

  @Override
  public void run() {
    throw new IllegalStateException(
        "a package is made from a checkout of Jaubert: ./jaubert package [OPTIONS] [DIR]");
  }
}
